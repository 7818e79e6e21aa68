"""Verify this folder, or follow a number in it. Needs Python 3.8 or later and nothing else.

    python3 verify.py              every file is as it was packed; every printed number is in the register
    python3 verify.py WORDS        a sentence of the report, or a key: its numbers, and what made them
    python3 verify.py --all WORDS  the same of every number that fits, however many

Exit status 0: all is well, or something was found; 1: not.
"""

import csv
import hashlib
import json
import os
import re
import shlex
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
RELEASE = "results/release/"
# Numbers that are followed without --all.
SHOWN = 5
# Made by the packing itself, or by running this.
UNLISTED = ("MANIFEST.sha256",)


def sha256(path):
    digest = hashlib.sha256()
    with open(os.path.join(ROOT, path), "rb") as stream:
        for part in iter(lambda: stream.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def listed(path):
    """Path -> SHA-256 of a manifest's lines."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as stream:
        return {line[66:].rstrip("\n"): line[:64] for line in stream}


def here():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT).replace(os.sep, "/")


def rows(name):
    csv.field_size_limit(1 << 30)
    with open(os.path.join(ROOT, RELEASE + name), newline="", encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


def graph():
    with open(os.path.join(ROOT, "ro-crate-metadata.json"), encoding="utf-8") as stream:
        return {entity["@id"]: entity for entity in json.load(stream)["@graph"]}


def ids(value):
    return [each["@id"] for each in (value if isinstance(value, list) else [value] if value else [])]


def released(names):
    return sorted(name for name in os.listdir(os.path.join(ROOT, RELEASE)) if name.startswith(names))


def verify():
    """What is wrong, in sentences; and how much was looked at."""
    manifest, found, wrong = listed("MANIFEST.sha256"), set(here()) - set(UNLISTED), []
    wrong += ["missing: " + path for path in sorted(set(manifest) - found)]
    wrong += ["not in the manifest: " + path for path in sorted(found - set(manifest))]
    wrong += ["changed: " + path for path in sorted(found & set(manifest)) if sha256(path) != manifest[path]]
    if wrong:
        return wrong, ""
    for path, digest in listed(RELEASE + "MANIFEST.sha256").items():
        if manifest.get(RELEASE + path) != digest:
            wrong.append("not as the release lists it: " + path)
    entities = graph()
    files = {name: each for name, each in entities.items() if "File" in each["@type"]}
    for name, each in files.items():
        if manifest.get(name) != each["sha256"]:
            wrong.append("not as the crate describes it: " + name)
    parts = set(ids(entities["./"]["hasPart"]))
    if parts - {RELEASE} != set(files) or set(files) != found - {"ro-crate-metadata.json"}:
        wrong.append("the crate does not list the files that are here")
    wrong += [
        "should not be here: " + name for name in entities if name.startswith("#not-included/") and name[14:] in found
    ]
    register = {row["key"]: row["status"] for row in rows("estimates.csv")}
    published = {key for key, status in register.items() if status == "published"}
    numbers = [row["key"].split("#")[0] for row in rows("numbers.csv")]
    printed = {key for key in numbers if "|" in key}
    wrong += ["printed, and not published: " + key for key in sorted(printed - published)]
    # A sentence may say of a number that it is withheld.
    spoken = {key for name in released("sentences.") for row in rows(name) for key in row["keys"].split() if "|" in key}
    wrong += ["in a sentence, and not in the register: " + key for key in sorted(spoken - register.keys())]
    return wrong, f"{len(manifest)} files, {len(numbers)} numbers printed, {len(published)} published rows."


def jobs_of(file, entities):
    """The jobs behind a released file, the first one first."""
    made = {
        place: each for each in entities.values() if each["@id"].startswith("#job/") for place in ids(each["result"])
    }
    waiting, jobs = [RELEASE + file], {}
    while waiting:
        job = made.get(waiting.pop())
        if job and job["@id"] not in jobs:
            jobs[job["@id"]] = job
            waiting += ids(job["object"])
    return sorted(jobs.values(), key=lambda job: job["endTime"])


def declared(row):
    """The line of config.yaml that declares a row's indicator, else the first of its family."""
    with open(os.path.join(ROOT, "config.yaml"), encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    family = r"\bfamily: " + re.escape(row["family"]) + r"\b"
    for own in (r"\bid: " + re.escape(row["indicator"]) + r"\b", ""):
        for number, line in enumerate(lines, 1):
            if re.search(family, line) and re.search(own, line):
                return f"config.yaml line {number}: {line.strip()[:90]}"
    return ""


def told():
    """Column of an indicator -> what the dossier says of it: counted, parts without an answer, base."""
    path = os.path.join(ROOT, "results/audit/data.js")
    if not os.path.isfile(path):
        return {}
    with open(path, encoding="utf-8") as stream:
        return json.loads(stream.read().split("=", 1)[1].rstrip().rstrip(";"))["about"]["indicators"]


def what_it_is(row, indicators):
    """The lines that say what a row's indicator counts, and what an unanswered part of it counts as."""
    names = [name for name in (row["family"], row["indicator"], row["service"] or row["ministry"]) if name]
    about = indicators.get("__".join(names))
    if about:
        yield "counted", about["numerator"]
        for number, part in enumerate(about["parts"]):
            yield "" if number else "parts missing", part
        yield "base", about["base"]


def fitting(low, every):
    """The keys of the sentences that hold words, each sentence printed, else of the rows whose key does."""
    keys = []
    for name in released("sentences."):
        for row in rows(name):
            if low in row["sentence"].lower():
                own = list(zip(row["keys"].split(), row["texts"].split("|")))  # noqa: B905 - as many; `strict` is 3.10's
                yield row, own
                keys += own
    if not keys:
        exact = [row["key"] for row in every if row["key"].lower() == low]
        yield None, [(key, "") for key in exact or [row["key"] for row in every if low in row["key"].lower()]]


def follow(words, most):
    """Print what the release and the crate know of a sentence's numbers, or of a key; False if nothing fits.

    At most `most` numbers are followed, the first sentence's whole; what is left out is said.
    """
    low, keys, left, sentences = " ".join(words.lower().split()), [], [], 0
    every = list(rows("estimates.csv"))
    for row, own in fitting(low, every):
        if row and keys and len({*keys, *(key for key, _ in own)}) > most:
            sentences += 1
            left += [key for key, _ in own]
            continue
        if row:
            print(f"{row['sentence']}\n  ({row['wave']}, exhibit {row['exhibit']})")
            for key, text in own:
                print(f"  {text}  =  {key}")
        shown = own if row else own[:most]
        keys += [key for key, _ in shown]
        left += [key for key, _ in own[len(shown) :]]
    indicators = told() if keys else {}
    wanted, exhibited = [row for row in every if row["key"] in keys], list(rows("exhibits.csv"))
    for row in wanted:
        print("\nKEY " + row["key"])
        shown = [name for name, value in row.items() if value and name not in ("key", "wave")]
        print("\n".join(f"  {name:<17} {row[name]}" for name in shown))
        for name, line in what_it_is(row, indicators):
            print(f"  {name:<17} {line}")
        if declared(row):
            print(f"  declared in       {declared(row)}")
        print(f"  cleaned as in     data/raw/{row['wave']}/wave.yaml")
        for each in [each for each in exhibited if row["key"] in each["keys"].split()]:
            print(f"  shown in          {each['file']} (rule {each['rule']}, {each['script']})")
        if os.path.isfile(os.path.join(ROOT, "results/audit/key.html")):
            print("  open              results/audit/key.html#" + row["key"])
    entities, keys = graph(), {row["key"] for row in wanted}
    files = [
        f"{wave}/{name}.csv" for wave in sorted({row["wave"] for row in wanted}) for name in ("estimates", "derived")
    ]
    for file in [file for file in files if keys & {row["key"] for row in rows(file)}]:
        print(f"\nHOW {RELEASE}{file} WAS MADE, at commit {entities['Snakefile']['version']}")
        for job in jobs_of(file, entities):
            raw = [place[14:] for place in ids(job["object"]) if place.startswith("#not-included/data/raw/")]
            reads = "; reads " + ", ".join(raw) if raw else ""
            print(f"  {job['description']}\n    {ids(job['instrument'])[0]}{reads}")
    if more := len(set(left) - keys):
        of = f" of {sentences} more sentence{'s' if sentences > 1 else ''}" if sentences else ""
        print(f"\nNOT SHOWN: {more} more number{'s' if more > 1 else ''}{of}.")
        print(f"  All of them: python3 verify.py --all {shlex.quote(words)}")
    return bool(wanted)


def main():
    words = " ".join(sys.argv[1:]).split()
    if sys.argv[1:] and (not words or words[0] in ("-h", "--help")):
        print(__doc__)
        return 2
    every = "--all" in words
    words = [word for word in words if word != "--all"]
    if words:
        if follow(" ".join(words), 10**9 if every else SHOWN):
            return 0
        print("Neither a sentence of the report nor a key holds these words.")
        return 1
    wrong, said = verify()
    print("\n".join(wrong[:20]) if wrong else "Verified: " + said)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

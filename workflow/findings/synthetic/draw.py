"""Respondents drawn from the planted truth: what they would have answered, without mess.

The truth names the instrument's columns and codes; this module knows only how to draw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from findings.instrument import Codebook

Texts = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
NON_ANSWERS = ("dont_know", "prefer_not_to_answer")
NO_BARRIER = "no_barrier"
# Standard normal cut points of a five-step scale, fewer steps taken from the middle.
CUTS = np.array([-1.2, -0.4, 0.4, 1.2])


class Drawer:
    """Draws the columns of a wave, one after another, into `columns`; the generator alone decides."""

    def __init__(
        self, codebook: Codebook, study: Mapping[str, Any], truth: Mapping[str, Any], seed: int, scale: float
    ) -> None:
        self.random = np.random.default_rng(seed)
        self.codebook, self.study, self.truth = codebook, study, truth
        self.columns: dict[str, Texts] = {}
        self._sample(scale)
        self.count = len(self.columns["location"])
        towns, place = np.unique(self.columns["township"].astype(str), return_inverse=True)
        self.town_effect: Floats = self.random.normal(0, truth["township_sd"], len(towns))[place]
        self._people()
        self._services()
        self._barriers()
        self._languages()
        self._scales()
        self._interview(seed)

    def frame(self) -> pd.DataFrame:
        """One row per respondent, text cells, None = not asked."""
        return pd.DataFrame(self.columns, dtype=object)

    def _sample(self, scale: float) -> None:
        sample = self.truth["sample"]
        rows: list[tuple[str | None, ...]] = []
        if "volunteers" in sample:
            self._volunteers(sample["volunteers"], scale)
            return
        per_state = round(sample["per_state"] * scale)
        urban = round(per_state * sample["urban_share"])
        for state in self._codes("state_region"):
            for place, count in (("urban", urban), ("rural", per_state - urban)):
                towns = sample["townships"][place]
                for i in range(count):
                    town = f"t_{state}_{place[0]}{i % towns + 1:02d}"
                    rows.append(("inside", state, town, f"{state}_{place}", place))
        rows += [("outside", None, None, "outside", None)] * round(sample["outside"] * scale)
        names = ("location", "state_region", "township", "stratum", "urban_rural")
        order = self.random.permutation(len(rows))
        for i, name in enumerate(names):
            self.columns[name] = np.array([rows[j][i] for j in order], dtype=object)

    def _volunteers(self, who: Mapping[str, Any], scale: float) -> None:
        """Who found the link: places by their shares among those who answer; no design."""
        count = round(who["count"] * scale)
        outside = self.random.random(count) < who["outside_share"]
        places = self._pick(who["states"], count)
        urban = np.where(self.random.random(count) < who["urban_share"], "urban", "rural").astype(object)
        self.columns["location"] = np.where(outside, "outside", "inside").astype(object)
        for name, cells in (("state_region", places), ("township", "t_" + places), ("urban_rural", urban)):
            self.columns[name] = cells.copy()
            self.columns[name][outside] = None

    def _codes(self, question: str) -> list[str]:
        codes = self.codebook.choices[self.codebook.questions[question].list or ""]
        return [code for code in codes if code not in NON_ANSWERS]

    def _pick(self, shares: Mapping[str, float], count: int) -> Texts:
        weights = np.array(list(shares.values()))
        return self.random.choice(np.array(list(shares), dtype=object), count, p=weights / weights.sum())

    def _people(self) -> None:
        bands = self._pick(self.truth["ages"], self.count)
        spans = {band: [int(end) for end in band.split("-")] for band in self.truth["ages"]}
        ages = [int(self.random.integers(spans[band][0], spans[band][1] + 1)) for band in bands]
        self.columns["age"] = np.array([str(age) for age in ages], dtype=object)
        for entry in self.truth["people"]:
            column = np.full(self.count, None, dtype=object)
            by = self.columns[entry["by"]] if "by" in entry else np.full(self.count, None, dtype=object)
            for value in dict.fromkeys(by):
                rows = np.array([cell == value for cell in by], dtype=bool)
                shares = entry["shares"].get(value, entry["default"]) if "by" in entry else entry["shares"]
                column[rows] = self._pick(shares, int(rows.sum()))
            self._put(entry["column"], column)

    def _effects(self, effects: Mapping[str, float]) -> Floats:
        """Log-odds of every respondent: `column=code`, `column!=code`, `age<35`, `age>54`."""
        total = np.zeros(self.count)
        for condition, size in effects.items():
            column, sign, value = re.fullmatch(r"(\w+?)(!=|=|<|>)(\w+)", condition).groups()  # type: ignore[union-attr]
            cells = self.columns[column]
            if sign in "<>":
                numbers = cells.astype(float)
                held = numbers < float(value) if sign == "<" else numbers > float(value)
            else:
                held = np.array([(cell == value) == (sign == "=") and cell is not None for cell in cells], dtype=bool)
            total += size * held
        return total

    def _yes(self, rate: float, effects: Floats, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        odds = np.log(rate / (1 - rate)) + effects + self.town_effect
        return (self.random.random(self.count) < 1 / (1 + np.exp(-odds))) & rows

    def _put(self, question: str, column: Texts, rows: npt.NDArray[np.bool_] | None = None) -> None:
        """Keep a column where it was asked, with some of its answers turned into non-answers."""
        asked = np.ones(self.count, dtype=bool) if rows is None else rows
        settings = self.truth["nonanswers"]
        rates = {} if question in settings["none"] else settings["questions"].get(question, settings["default"])
        luck, column = self.random.random(self.count), column.copy()
        below = 0.0
        for code, rate in rates.items():
            column[(luck >= below) & (luck < below + rate)] = code
            below += rate
        column[~asked] = None
        self.columns[question] = column

    def _is(self, question: str, code: str = "yes") -> npt.NDArray[np.bool_]:
        return np.array([cell == code for cell in self.columns[question]], dtype=bool)

    def _services(self) -> None:
        everyone = np.ones(self.count, dtype=bool)
        effects = {step: self._effects(self.truth["effects"][step]) for step in ("aware", "ever", "now")}
        for service in self.study["services"]:
            rates = self.truth["services"][service]
            asked = everyone
            for step in ("aware", "ever", "now"):
                drawn = self._yes(rates[step], effects[step], asked)
                self._put(f"{step}_{service}", np.where(drawn, "yes", "no").astype(object), asked)
                asked = self._is(f"{step}_{service}")
            self._put(f"freq_{service}", self._pick(self.truth["frequency"], self.count), asked)
            self._put(f"sat_{service}", self._scale(f"sat_{service}", self.truth["scales"]["sat"]),
                      self._is(f"ever_{service}"))  # fmt: skip
        used = {service: self._is(f"ever_{service}") for service in self.study["services"]}
        any_used = np.logical_or.reduce(list(used.values()))
        most = np.full(self.count, None, dtype=object)
        for i in np.flatnonzero(any_used):
            most[i] = self.random.choice([service for service, rows in used.items() if rows[i]])
        self._put("most_used", most, any_used)
        self._usability(any_used)

    def _usability(self, rows: npt.NDArray[np.bool_]) -> None:
        settings = self.truth["usability"]
        view = self.random.normal(settings["mean"], 1, self.count) * settings["loading"]
        codes = np.array(self._codes("sus_01"), dtype=object)
        noise = np.sqrt(1 - settings["loading"] ** 2)
        items = []
        for number in range(1, 11):
            sign = 1 if number % 2 else -1
            step = np.digitize(sign * view + self.random.normal(0, noise, self.count), CUTS)
            items.append(step)
        table = np.array(items)
        # A sincere respondent who answers all ten alike by chance would be taken for a straight-liner.
        alike = (table == table[0]).all(axis=0)
        table[1, alike] = (table[1, alike] + 1) % len(codes)
        for number, step in enumerate(table, start=1):
            self._put(f"sus_{number:02d}", codes[step], rows)

    def _scale(self, question: str, settings: Mapping[str, Any]) -> Texts:
        codes = np.array(self._codes(question), dtype=object)
        latent = settings["mean"] + self._effects(settings.get("effects", {})) + 0.5 * self.town_effect
        return codes[np.digitize(latent + self.random.normal(0, 1, self.count), CUTS[: len(codes) - 1])]

    def _interview(self, seed: int) -> None:
        """The language of the interview, by a generator of its own: no other answer depends on it."""
        if "interview_language" in self.codebook.questions:
            settings, random = self.truth["languages"], np.random.default_rng([seed, 1])
            other = np.array(
                [cell not in (settings["burmese"], *NON_ANSWERS) for cell in self.columns["main_language"]]
            )
            own = other & (random.random(self.count) < settings["interview_own"])
            self.columns["interview_language"] = np.where(own, "own_language", settings["burmese"]).astype(object)

    def _scales(self) -> None:
        for question, settings in self.truth["scales"].items():
            if question in self.codebook.questions:
                self._put(question, self._scale(question, settings))

    def _chosen(self, question: str, rates: Mapping[str, float], extra: Mapping[str, float], empty: str) -> Texts:
        """Space-joined options in form order; `empty` for who chose none."""
        effects = self.truth["barriers"]["effects"]
        everyone = np.ones(self.count, dtype=bool)
        chosen = {
            code: self._yes(rates[code], self._effects(effects.get(code, {})) + extra.get(code, 0), everyone)
            for code in self._codes(question)
            if code in rates
        }
        return np.array(
            [" ".join(code for code, rows in chosen.items() if rows[i]) or empty for i in range(self.count)],
            dtype=object,
        )

    def _barriers(self) -> None:
        truth = self.truth["barriers"]
        for ministry in self.study["ministries"]:
            own = [service for service, entry in self.study["services"].items() if entry["ministry"] == ministry]
            aware, ever, now = (
                np.logical_or.reduce([self._is(f"{step}_{service}") for service in own])
                for step in ("aware", "ever", "now")
            )
            extra = truth["ministries"].get(ministry, {})
            question = f"barriers_{ministry}"
            self._put(question, self._chosen(question, truth["rates"], extra, NO_BARRIER), aware)
            named = [str(cell or "").split() for cell in self.columns[question]]
            some = np.array([bool(set(codes) - {NO_BARRIER, *NON_ANSWERS}) for codes in named], dtype=bool)
            main = np.full(self.count, None, dtype=object)
            for i in np.flatnonzero(some):
                main[i] = self.random.choice(named[i])
            self._put(f"main_barrier_{ministry}", main, some)
            for reason, rows in ((f"why_never_{ministry}", aware & ~ever), (f"why_stopped_{ministry}", ever & ~now)):
                self._put(reason, self._chosen(reason, truth["rates"], extra, NO_BARRIER), rows)

    def _languages(self) -> None:
        settings = self.truth["languages"]
        burmese = settings["burmese"]
        own = [cell if cell not in NON_ANSWERS else burmese for cell in self.columns["main_language"]]
        order = {code: i for i, code in enumerate(self._codes("lang_spoken"))}

        def joined(rates: Iterable[tuple[str, float]]) -> Texts:
            made = []
            for language in own:
                codes = {burmese if name == "burmese" else language for name, p in rates if self.random.random() < p}
                made.append(" ".join(sorted(codes or {burmese}, key=order.__getitem__)))
            return np.array(made, dtype=object)

        self._put("lang_spoken", joined([("own", 1.0), ("burmese", settings["speaks_burmese"])]))
        self._put("lang_wanted", joined([("own", settings["wants_own"])]))
        self._put("lang_offered", joined([("burmese", 1.0), ("own", settings["offered_own"])]))
        used = np.array([burmese] * self.count, dtype=object)
        self._put("lang_used", used, np.array([cell is not None for cell in self.columns["most_used"]], dtype=bool))

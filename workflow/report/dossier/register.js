"use strict";
// Search and filters over all rows: every filter is a comparison of numbers, every word a set of codes or a part of a key.
const SHOWN = 50, SENTENCES = 10;
const FILTERS = ["wave", "family", "statistic", "ministry", "service", "breakdown", "status"];
const byId = id => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const text = words => Object.values(words ?? {}).join(" ").toLowerCase();
let found = [], first = 0, told = "";

for (const name of FILTERS) {
  const select = byId("f-" + name), labels = data.labels[name] ?? {};
  for (const word of [...column(name).words].filter(Boolean).sort()) {
    const label = Object.values(labels[word] ?? {})[0];
    select.append(el("option", { value: word }, label ? `${word}: ${label}` : word));
  }
  select.value = asked.get(name) ?? "";
  select.addEventListener("change", look);
}
byId("q").value = asked.get("q") ?? "";
let waiting;
byId("q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 150); });
byId("search").addEventListener("submit", event => { event.preventDefault(); look(); });
byId("before").addEventListener("click", () => turn(-SHOWN));
byId("after").addEventListener("click", () => turn(SHOWN));

// Which words of each labelled column have a label that holds `word`.
function labelled(word) {
  const of = {};
  for (const name of ["wave", "ministry", "service", "indicator"])
    of[name] = column(name).words.map(code => text(data.labels[name][code]).includes(word));
  of.column = column("column").words.map(code => text(data.about.indicators[code]?.label).includes(word));
  const groups = column("group").words, cache = new Map();
  of.group = row => {
    const pair = column("breakdown").at[row] * groups.length + column("group").at[row];
    if (!cache.has(pair)) {
      const levels = value("breakdown", row).split("&"), codes = value("group", row).split("&");
      cache.set(pair, levels.some((level, i) => level && (text(data.labels.group[`${level}=${codes[i]}`]).includes(word)
        || text(data.labels.breakdown[level]).includes(word))));
    }
    return cache.get(pair);
  };
  return row => keys[row].includes(word) || of.group(row)
    || ["wave", "ministry", "service", "indicator", "column"].some(name => of[name][column(name).at[row]]);
}

function look() {
  const wanted = FILTERS.map(name => [column(name).at, column(name).words.indexOf(byId("f-" + name).value)])
    .filter(([, word], i) => byId("f-" + FILTERS[i]).value && word >= 0);
  const whole = byId("q").value.trim().replace(/\s+/g, " ");
  const printed = new Set(whole ? data.printed.filter(each => each[5] === whole).map(each => each[3]) : []);
  const tests = places.has(whole) ? [row => keys[row] === whole] : whole.toLowerCase().split(/\s+/).filter(Boolean).map(labelled);
  const among = row => wanted.every(([at, word]) => at[row] === word), fits = row => printed.has(row) || tests.every(test => test(row));
  const said = saying(whole.toLowerCase());
  found = [...keys.keys()].filter(row => among(row) && fits(row));
  told = "";
  if (!found.length) {
    const all = [...keys.keys()].filter(fits), count = number => number.toLocaleString("en");
    if (all.length) {
      told = `No row has all of these; without the filters, ${count(all.length)} ${all.length === 1 ? "row has" : "rows have"} the words.`;
    } else if (said.length) {
      // The words are those of a sentence, of which no single row has them all.
      found = [...new Set(said.flatMap(each => each.rows))].filter(among).sort((a, b) => a - b);
      told = found.length ? "The words stand in sentences, not in one key or its labels; these are the rows of their numbers: " : "The filters leave out the rows of these sentences.";
    } else {
      told = "No row has all of these.";
      if (tests.length > 1) told += ` Alone: ${whole.split(" ").map((word, i) => `“${word}” ${count([...keys.keys()].filter(tests[i]).length)}`).join(", ")}.`;
    }
  }
  // Published ones first; within these the keys' own order.
  found = [...found.filter(published), ...found.filter(row => !published(row))];
  first = 0;
  tell(said);
  const query = new URLSearchParams([["q", whole], ...FILTERS.map(name => [name, byId("f-" + name).value])].filter(pair => pair[1]));
  try { history.replaceState(null, "", query.size ? "?" + query : location.pathname); } catch { /* some browsers refuse it on file: */ }
  show();
}

// Sentences that hold what was asked for.
function saying(whole) {
  const words = whole.split(" ");
  return whole.length < 4 ? [] : data.sentences.filter(each => words.every(word => each.sentence.toLowerCase().includes(word)));
}

// These, with the key of each of their numbers.
function tell(said) {
  byId("said").replaceChildren(...(said.length ? [
    el("h2", {}, `Sentences (${said.length})`),
    el("ul", {}, said.slice(0, SENTENCES).map(each => el("li", {}, el("span", { lang: each.language }, each.sentence),
      el("ul", {}, each.rows.map((row, i) => el("li", {}, el("span", { lang: each.language }, `${each.texts[i]}: `), linkTo(keys[row]))))))),
    ...(said.length > SENTENCES ? [el("p", {}, `The first ${SENTENCES}; more words of one sentence leave fewer.`)] : []),
  ] : []));
}

function turn(by) {
  first += by;
  show();
  byId("rows").closest("table").scrollIntoView({ block: "nearest" });
}

function show() {
  const withheld = found.filter(row => !published(row)).length, count = number => number.toLocaleString("en");
  byId("count").textContent = told + (found.length ? `${count(found.length)} ${found.length === 1 ? "row" : "rows"}, ${count(withheld)} of them withheld.` : "");
  byId("count").append(byId("said").children.length ? ` ${byId("said").firstChild.textContent} above.` : "");
  byId("rows").replaceChildren(...found.slice(first, first + SHOWN).map(line));
  byId("page").textContent = found.length ? `${count(first + 1)} to ${count(Math.min(first + SHOWN, found.length))}` : "";
  byId("before").disabled = first === 0;
  byId("after").disabled = first + SHOWN >= found.length;
}

function line(row) {
  const key = el("th", { scope: "row", role: "rowheader" }, linkTo(keys[row]), ...named(row));
  if (!published(row)) return el("tr", { role: "row" }, key, el("td", { colspan: 4, class: "muted", role: "cell" }, "withheld: disclosure control"));
  const low = value("ci_low", row), high = value("ci_high", row);
  const cells = [["Estimate", value("estimate", row), "n"], ["Interval", low && `${low} to ${high}`, "n"], ["n", value("n", row), "n"],
    ["Reliability", value("reliability", row).replaceAll("_", " "), ""]];
  return el("tr", { role: "row" }, key, cells.map(([name, text, kind]) => el("td", { role: "cell", class: kind, "data-name": name }, text)));
}

look();

"use strict";
// The page of one key: everything is text from data.js.
const COMMAND = key => `./reproduce audit '${key}'`;

function section(title, ...children) {
  return [el("h2", {}, title), ...children];
}
function terms(pairs) {
  return el("dl", {}, pairs.filter(([, told]) => told != null && told !== "" && (!Array.isArray(told) || told.length))
    .map(([name, told]) => [el("dt", {}, name), el("dd", {}, told)]));
}
function tableOf(heads, rows, caption) {
  return el("div", { class: heads.length > 3 ? "wide broad" : "wide", tabindex: 0, role: "region", "aria-label": caption }, el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, heads.map(head => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(cells => el("tr", {}, cells.map((cell, i) => el(i ? "td" : "th", i ? {} : { scope: "row" }, cell)))))));
}
const file = name => el("a", { href: "../release/" + name }, name.split("/").at(-1));
const listOf = items => el("ul", {}, items.map(item => el("li", {}, item)));
const codeAt = (path, line) => el("a", { href: `code/${path}.html` + (line ? `#L${line}` : "") }, el("code", {}, path + (line ? `:${line}` : "")));

function number(row) {
  const own = data.printed.filter(each => each[3] === row && !each[4]);
  const first = own.length ? own[0] : null;
  const described = data.described;
  const rest = Object.keys(data.columns).filter(name => value(name, row)
    && !["wave", "family", "indicator", "statistic", "column", "ministry", "service", "breakdown", "group", "weighting", "synthetic"].includes(name));
  const each = about("effects", row).map(words => operands(keys[row]).length ? `One effect less the other; each is ${words}.` : `This is ${words}.`);
  return section("The number", first && el("p", { class: "number", lang: first[2] }, first[5]), each.map(words => el("p", {}, words)),
    tableOf(["Column", "As released", "What it is"],
      rest.map(name => [el("code", {}, name), value(name, row), described[name] ?? ""]), "The row of estimates.csv"));
}

function stands(row) {
  const printed = data.printed.filter(each => each[3] === row);
  const shown = new Map();
  const entry = (name, wave) => {
    const id = `${name} ${wave}`;
    if (!shown.has(id)) shown.set(id, { name, wave, texts: [], known: data.exhibits.find(e => e.exhibit === name && e.wave === wave) });
    return shown.get(id);
  };
  for (const exhibit of data.exhibits) {
    let at = 0;
    if (exhibit.rows && exhibit.rows.split(",").some(step => (at += +step) === row)) entry(exhibit.exhibit, exhibit.wave);
  }
  for (const [name, wave, lang, , other, text] of printed)
    entry(name, wave).texts.push(el("div", { lang }, text, other && el("span", { class: "muted" }, ` (${other.replaceAll("_", " ")})`)));
  const rows = [...shown.values()].map(({ name, wave, texts, known }) => [
    name + (wave ? `, ${wave}` : ""), known ? inLanguages(known.label) : "", texts.length ? texts : "shown without its number",
    known ? known.files.flatMap(each => [file(each), " "]) : data.reports.flatMap(each => [file(each), " "]),
  ]);
  const sentences = data.sentences.filter(each => each.rows.includes(row));
  return section("Where it stands",
    rows.length ? tableOf(["Exhibit", "Title", "As printed", "Files"], rows, "Figures, tables and text that show it") : el("p", {}, "No exhibit shows it; it is in the register."),
    sentences.length && listOf(sentences.map(each => [el("span", { lang: each.language }, each.sentence),
      el("span", { class: "muted" }, ` (${each.exhibit}, ${each.wave}: ${each.texts[each.rows.indexOf(row)]})`)])));
}

function whatItIs(row) {
  const indicators = about("columns", row).map(name => data.about.indicators[name]);
  const waves = [...new Set(wavesOf(row))];
  const weighting = value("weighting", row);
  return section("What it is", ...indicators.slice(0, 12).flatMap(indicator => [
    el("h3", {}, Object.values(indicator.label)[0] ?? indicator.column),
    terms([
      ["In other languages", inLanguages(Object.fromEntries(Object.entries(indicator.label).slice(1)))],
      ["Question, as printed", inLanguages(indicator.question)],
      ["Counted", indicator.numerator], ["Unanswered or unasked parts", indicator.parts.length ? listOf(indicator.parts) : null], ["Base", indicator.base], ["Base, as printed", inLanguages(indicator.base_label)],
    ]),
    asked(indicator.asked, waves),
  ]), indicators.length > 12 && el("p", {}, `And ${indicators.length - 12} more: `, el("code", {}, about("columns", row).slice(12).join(", "))),
  terms([
    ["Of whom", about("filters", row).map(each => el("div", {}, each.join("; ")))],
    ...waves.map(wave => {
      const design = data.designs[wave][weighting] ?? data.designs[wave][""];
      return [`Design, ${wave}`, [[design.kind, design.strata && `strata ${design.strata}`, design.psu && `PSU ${design.psu}`, design.mode].filter(Boolean).join(", "),
        el("div", {}, `Weights: ${design.weights}`)]];
    }),
    ["Interval", value("ci_method", row).replaceAll("_", " ")],
    ["Test", value("test", row).replaceAll("_", " ")],
    ["Family of comparisons", value("comparison_family", row)],
  ]));
}

// The questions that an indicator is made of, as each wave asked them.
function asked(names, waves) {
  const found = names.flatMap(name => waves.filter(wave => data.questions[wave][name]).map(wave => [name, wave, data.questions[wave][name]]));
  return el("details", found.length > 4 ? {} : { open: "" }, el("summary", {}, `${found.length} questions as asked`),
    terms(found.map(([name, wave, question]) => [el("a", { href: `instrument.${wave}.html#${name}` }, `${name}, ${wave}`), [
      inLanguages(question.label),
      question.relevant && el("div", { class: "muted" }, "asked if ", el("code", {}, question.relevant)),
    ]])));
}

function wavesOf(row) {
  return [...keys[row].matchAll(/@([a-z0-9_]+)/g)].map(found => found[1]);
}

function computedFrom(row) {
  const own = operands(keys[row]).length ? operands(keys[row]) : (data.rests_on[row] ?? []).map(place => keys[place]);
  const users = new Set(Object.entries(data.rests_on).filter(([, rows]) => rows.includes(row)).map(([other]) => +other));
  keys.forEach((key, other) => { if (operands(key).includes(keys[row]) && published(other)) users.add(other); });
  const used = [...users].sort((a, b) => a - b).map(other => keys[other]);
  return [
    ...(own.length ? section("Computed from", listOf(own.map(key => places.has(key) ? linkTo(key) : el("code", {}, key)))) : []),
    ...(used.length ? section("Other numbers that use it", el("details", {}, el("summary", {}, `${used.length} of them`), listOf(used.map(linkTo)))) : []),
  ];
}

function madeBy(row) {
  const settings = about("settings", row);
  return section("What made it",
    tableOf(["Rule", "Function", "Script"], about("made_by", row).map(step => [
      el("a", { href: `step.${step.rule}.html` }, step.rule), [el("code", {}, step.function), " ", codeAt(step.file, step.line)], codeAt(step.script),
    ]), "From the export to this row"),
    terms([
      ["Commit", el("code", {}, data.commit)],
      ...[...new Set(wavesOf(row))].map(wave => [`Export, ${wave}`, data.raw[wave] && [el("code", {}, data.raw[wave].file), el("div", { class: "muted" }, "SHA-256 ", el("code", {}, data.raw[wave].sha256))]]),
    ]),
    el("details", {}, el("summary", {}, `Settings that it depends on (${settings.length})`),
      el("dl", {}, settings.map(name => [el("dt", {}, el("code", {}, name)), el("dd", {}, el("code", {}, JSON.stringify(data.about.entries[name])))]))));
}

function cleaning(row) {
  return section("Cleaning that can touch it",
    el("p", {}, "Steps of cleaning in their order, and respondents left after each, as released. How many cells of this number a step changed has not passed the gate; the command below shows it to who holds the data."),
    ...Object.entries(about("touched", row)).map(([wave, questions]) => {
      const steps = data.cleaning[wave].filter(step => !step.columns || step.columns.some(name => questions.includes(name)) || step.left != null);
      return [el("p", {}, `It rests on these questions of ${wave}: `, el("code", {}, questions.join(", ")), "."),
        tableOf(["Step", "Columns", "Left"], steps.map(step => [
          step.step.replaceAll("_", " "), step.columns ? el("code", {}, step.columns.join(", ")) : "any",
          step.left == null ? "changes or flags cells" : published(step.left) ? el("a", { href: "key.html#" + encodeURIComponent(keys[step.left]) }, value("n", step.left)) : "withheld",
        ]), `Cleaning of ${wave}`)];
    }));
}

function judgements(row) {
  const rules = new Set(about("made_by", row).map(step => step.rule)), settings = about("settings", row);
  const own = data.assumptions.filter(mark => mark.entry ? settings.some(name => name === mark.entry || name.startsWith(mark.entry + ".")) : mark.rules.some(rule => rules.has(rule)));
  return section("Judgements that it may depend on",
    el("details", {}, el("summary", {}, `${own.length} marks in the code of its rules and in its settings`),
      listOf(own.map(mark => [el("a", { href: `assumptions.html#${mark.name}` }, mark.name), `: ${mark.words} `, codeAt(mark.file, mark.line)]))));
}

// Where to begin without a key: the first sentences of the report that hold numbers.
function spoken() {
  const said = data.sentences.filter(each => each.language === data.languages[0] && each.exhibit === "report").slice(0, 8);
  return said.length ? section("Numbers of the report, to begin with", listOf(said.map(each => [each.sentence,
    el("ul", {}, each.rows.map((row, i) => el("li", {}, `${each.texts[i]}: `, linkTo(keys[row]))))]))) : [];
}

function show() {
  let key = location.hash.slice(1);
  try { key = decodeURIComponent(key); } catch { /* a key as it is, with a % of its own */ }
  const place = places.get(key), target = document.getElementById("about");
  if (!key) return target.replaceChildren(...spoken());
  document.title = `${key} – dossier`;
  document.getElementById("which").replaceChildren(el("code", {}, key), ...(place === undefined ? [" is the key of no row of this release."] : []));
  if (place === undefined) {
    target.replaceChildren();
  } else if (!published(place)) {
    target.replaceChildren(el("p", { class: "number" }, "withheld: disclosure control"));
  } else {
    target.replaceChildren(...named(place), ...[number, stands, whatItIs, fromTheExport, computedFrom, madeBy, cleaning, judgements].flatMap(part => part(place)).flat(Infinity).filter(Boolean),
      ...section("Compute it again", el("p", {}, "Who holds the data can have it explained and computed twice again:"), el("pre", { tabindex: 0 }, COMMAND(key))));
  }
}

addEventListener("hashchange", show);
show();

"use strict";
// From a wave's export to the respondents that a number rests on, as far as released rows tell: no count is computed.
const WITHHELD = "withheld";

// The keys of one row each that a key is of: itself, or all that a comparison compares.
const leavesOf = key => operands(key).length ? operands(key).flatMap(leavesOf) : [key];

// A column of a released row, as a link to the row; "withheld", or "" where there is no such row.
function released(key, name) {
  const row = places.get(key);
  if (row === undefined) return "";
  const found = published(row) ? value(name, row) : "";
  return el("a", { href: "key.html#" + encodeURIComponent(key) }, found || WITHHELD);
}

// The lines of one key: who, what that means, and how many are left.
function narrowed(key) {
  const [, family, , statistic, own, wave] = /^([a-z0-9_]+)\.([a-z0-9_]+)\.([a-z0-9_]+)\|([^@]*)@(.*)$/.exec(key) ?? [];
  if (!family || ["flow", "population"].includes(family)) return [];
  const group = own.split(";").filter(part => !/^(|(ministry|service|weights)=.*)$/.test(part)).join("");
  const within = start => start + (group ? ";" + group : "") + "@" + wave, count = part => `sample.respondents.count|weights=none${part}@${wave}`;
  const lines = [["Rows of the export", "", released(`flow.received.count|@${wave}`, "n")]];
  for (const step of data.cleaning[wave]) if (step.left != null)
    lines.push([`After ${step.step.replaceAll("_", " ")}`, "a step of cleaning that drops respondents", released(keys[step.left], "n")]);
  lines.push(["Kept", "respondents that no step of cleaning dropped", released(`flow.analysed.count|@${wave}`, "n")]);
  const [, ...told] = filtersOf(key);
  // A group that has a count and no share lies wholly outside the target population: it is a domain of its own.
  const abroad = group && places.has(count(";" + group)) && !places.has(`sample.respondents.proportion|weights=none;${group}@${wave}`);
  if (data.population) {
    const words = told.shift();
    if (!abroad) lines.push(["In the target population", words, released(count(""), "n")]);
  }
  if (told.length) lines.push(["In the group", told.join("; "), released(count(";" + group), "n") || "no row of its own"]);
  const column = columnOf(key);
  if (!column) return lines;
  const start = column.row.slice(0, -1), base = data.about.indicators[column.narrowed_by];
  if (base) lines.push(["Whose base is known", [`have a value of ${base.column}: `, inLanguages(base.label)], released(within(base.row.slice(0, -1)), "n") || "no row of its own"]);
  const asked = base ? [`${base.column} is 1: `, inLanguages(column.base_label)] : inLanguages(column.base_label), row = places.get(within(start));
  const hidden = row !== undefined && published(row) && !value("n_asked", row) ? "not told: the base's own count is withheld, or too few gave no answer" : null;
  lines.push([base ? "In the base, and asked" : "Asked", asked, hidden ?? released(within(start), "n_asked")]);
  if (!hidden) lines.push(["Of these without an answer", kindsOf(column, within), released(within(start), "n_missing")]);
  lines.push(["With an answer", "the respondents that the number is of", statistic === "nonresponse" ? "" : released(within(start), "n")]);
  return lines.filter(([, , number]) => number !== "");
}

// Who declined, did not know or left it blank, as shares of those asked.
function kindsOf(column, within) {
  const found = ["declined", "dont_know", "blank"].map(kind => [kind, within(column.row.slice(0, -1).replace(/^(\w+)\.(\w+)\.\w+/, `quality.$1_$2.${kind}`))])
    .filter(([, key]) => places.has(key));
  return found.length ? ["shares of those asked: ", found.map(([kind, key], i) => [i ? ", " : "", `${kind.replace("_", " ")} `, released(key, "estimate")])] : "an empty cell, or an answer that the study declares none";
}

// The filters of a leaf, and the one indicator that it is of.
function filtersOf(key) {
  const row = places.get(key) ?? current, all = about("filters", row);
  return all.length === 1 ? all[0] : all[leavesOf(keys[current]).indexOf(key)] ?? [];
}
function columnOf(key) {
  const columns = about("columns", places.get(key) ?? current);
  return columns.length === 1 ? data.about.indicators[columns[0]] : null;
}

// A table for each row that the number is of.
let current;
function fromTheExport(row) {
  current = row;
  const tables = leavesOf(keys[row]).map(key => [key, narrowed(key)]).filter(([, lines]) => lines.length);
  if (!tables.length) return [];
  return section("From the export to this number",
    el("p", {}, "Respondents left, each count as it stands in a released row. What is “withheld” or not told did not pass the gate; the command below shows it to who holds the data."),
    tables.map(([key, lines]) => tableOf(["Respondents", "Who", "Left"], lines, tables.length > 1 ? `Of ${key}` : "From the export on")),
    value("n", row) && el("p", {}, `This row rests on n = ${value("n", row)}.`));
}

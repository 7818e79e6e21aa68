"use strict";
// Unpacks data.js (workflow/findings/audit/dossier/packed.py) and makes elements.
const data = window.DOSSIER;

function unpackedRuns(text) {
  const out = new Uint32Array(data.rows);
  let at = 0;
  for (const run of text.split(",")) {
    const [number, times] = run.split("*");
    out.fill(number, at, at += times ? +times : 1);
  }
  return out;
}

const columns = {};
function column(name) {
  columns[name] ??= { words: data.columns[name].words, at: unpackedRuns(data.columns[name].runs) };
  return columns[name];
}
const value = (name, row) => column(name).words[column(name).at[row]];

const keys = [];
for (const line of data.keys.split("\n")) {
  const space = line.indexOf(" ");
  keys.push((keys.at(-1) ?? "").slice(0, +line.slice(0, space)) + line.slice(space + 1));
}
const places = new Map(keys.map((key, row) => [key, row]));
const published = row => value("status", row) === "published";

const ofRows = {};
function about(name, row) {
  ofRows[name] ??= unpackedRuns(data.about.of_rows[name]);
  return data.about[name][ofRows[name][row]];
}

// An element; children are elements or text, never markup.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, text] of Object.entries(attributes)) if (text != null) made.setAttribute(name, text);
  made.append(...children.flat(Infinity).filter(child => child != null));
  return made;
}
const linkTo = key => el("a", { href: "key.html#" + encodeURIComponent(key) }, el("code", { class: "key" }, key));
const inLanguages = texts => Object.entries(texts ?? {}).map(([lang, text]) => el("div", { lang }, text));

// The keys that diff(a,b) or ratio(a,b) is of; none for another key.
function operands(key) {
  const found = /^(?:diff|ratio)\((.*)\)$/.exec(key);
  if (!found) return [];
  let depth = 0;
  for (let i = 0; i < found[1].length; i++) {
    depth += (found[1][i] === "(") - (found[1][i] === ")");
    if (found[1][i] === "," && !depth) return [found[1].slice(0, i), found[1].slice(i + 1)];
  }
  return [];
}

// What a row is of, in every language: its indicator and group.
function named(row) {
  const of = data.about.indicators[value("column", row)]?.label ?? data.labels.indicator[value("indicator", row)] ?? {};
  const levels = value("breakdown", row).split("&"), codes = value("group", row).split("&");
  const groups = levels.map((level, i) => data.labels.group[`${level}=${codes[i]}`] ?? {});
  return data.languages.map(lang => [lang, [of[lang], ...groups.map(words => words[lang])].filter(Boolean).join(", ")])
    .filter(([, words]) => words).map(([lang, words]) => el("div", { lang, class: "muted" }, words));
}

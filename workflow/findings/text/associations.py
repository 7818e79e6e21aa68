"""What exhibits of models and scales show: effects by term in columns, groups by profile, items of scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from findings.models.plan import EVERYONE, POOLED, Plan, plans
from findings.plan import expand_indicators
from findings.release import Estimate, Released, text
from findings.text.captions import captions
from findings.text.exhibits import span
from findings.text.facts import FACTS, KINDS, NOTES, Line, Panel

CERTAIN = 0.05
FAMILY, ALL, WHOLE = "model", "all", "model"
EFFECTS = ("average_marginal_effect", "difference_of_means")


@dataclass(frozen=True)
class Column:
    """One fitted model of an exhibit: a `plan` up to the block `block`, under the heading `label`."""

    label: str
    plan: Plan
    block: str
    rows: dict[tuple[str, str], Estimate]

    def effect(self, term: str, level: str) -> Estimate | None:
        """The effect of a level; where the model is withheld, the row that says so; None if the term is not in it."""
        if (term, level) in self.rows:
            return self.rows[term, level]
        whole = self.whole
        return whole if whole is not None and not whole.published and term in self.terms else None

    @property
    def whole(self) -> Estimate | None:
        """The row of the model itself."""
        return self.rows.get((WHOLE, ALL))

    @property
    def terms(self) -> dict[str, tuple[str, ...]]:
        """Levels of every term, the reference first, in the order of the model."""
        found = {self.plan.unit_factor.name: self.plan.unit_factor.levels} if self.plan.unit_factor else {}
        for block in self.plan.blocks:
            found |= {factor.name: factor.levels for factor in block.factors}
            if block.id == self.block:
                break
        return found


def columns(released: Released, entry: Mapping[str, Any], lang: str) -> list[Column]:
    """The fitted models of an exhibit: by `columns`, the scopes of its model with all blocks, or the blocks of a scope.

    A wave of volunteers has none.
    """
    own = [plan for plan in plans(released.config) if plan.name == entry["model"]]
    held: dict[str, dict[tuple[str, str], Estimate]] = {}
    for row in released.derived(FAMILY):
        if row.statistic in (*EFFECTS, "f_test", "pseudo_r2"):
            held.setdefault(row.indicator, {})[row.breakdown or "", row.group or ""] = row
    made = []
    for plan in own:
        if entry.get("columns") == "blocks":
            if plan.scope != entry.get("scope", own[0].scope):
                continue
            chosen = [(block.id, _block_label(released, plan, block.id, lang)) for block in plan.blocks]
        else:
            chosen = [(plan.blocks[-1].id, scope_label(released, plan, lang))]
        made += [
            Column(label, plan, block, held[plan.named(block)]) for block, label in chosen if plan.named(block) in held
        ]
    return made


def scope_label(released: Released, plan: Plan, lang: str) -> str:
    """The ministry that a model is of, or that it is of all of them."""
    words = captions(lang)["model"]
    if plan.scope in (POOLED, EVERYONE):
        return str(words[plan.scope])
    return released.label("ministries", plan.scope, lang)


def _block_label(released: Released, plan: Plan, block: str, lang: str) -> str:
    entries = released.config["models"][plan.name]["blocks"]
    label = next(text(entry.get("label", {}), lang) for entry in entries if entry["id"] == block) or block
    return label if block == plan.blocks[0].id else f"+ {label}"


def term_label(released: Released, term: str, lang: str) -> str:
    """The label of a covariate."""
    if term in released.levels:
        return text(released.levels[term].label, lang) or term
    return str(captions(lang)["table"].get(term, term.replace("_", " ")))


def level_label(released: Released, term: str, level: str, lang: str) -> str:
    """The label of a covariate's level."""
    if term in released.levels:
        group = released.levels[term].groups.get(level)
        return (text(group.label, lang) if group else "") or level.replace("_", " ")
    return released.label("ministries" if term == "ministry" else "services", level, lang)


def _effects(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per term (its heading names the reference), rows its other levels, series the columns."""
    found = columns(released, entry, lang)
    terms: dict[str, tuple[str, ...]] = {}
    for column in found:
        terms |= {term: levels for term, levels in column.terms.items() if term not in terms}
    form = captions(lang)["model"]["against"]
    made = []
    for term, (reference, *levels) in terms.items():
        lines = []
        for level in levels:
            label = level_label(released, term, level, lang)
            effects = [(column.label, column.effect(term, level)) for column in found]
            lines += [Line(label, row, series) for series, row in effects if row is not None]
        label = form.format(
            term=term_label(released, term, lang), reference=level_label(released, term, reference, lang)
        )
        made.append(Panel(label, lines))
    return made


def _effect_facts(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """`certain`: levels of the first column (of blocks: the last) that stand out, most first; `panels` by column.

    Each row has `label`, `reference` and `key`. The covariate that tells a pooled model's rows apart is left out: it is
    no trait of a respondent.
    """
    found = columns(released, entry, lang)
    inside: list[dict[str, Any]] = []
    for column in found:
        units = column.plan.unit_factor.name if column.plan.unit_factor else None
        rows: list[dict[str, Any]] = [
            {"label": level_label(released, term, level, lang), "key": row.key, "size": abs(row.value or 0.0),
             "reference": level_label(released, term, levels[0], lang), "term": term_label(released, term, lang)}
            for term, levels in column.terms.items() if term != units
            for level in levels[1:]
            if (row := column.rows.get((term, level))) and row.published and _stands_out(row)
        ]  # fmt: skip
        inside.append({"label": column.label, "rows": sorted(rows, key=lambda row: -row["size"])})
    if not inside:
        return {"certain": [], "panels": []}
    first: dict[str, Any] = inside[-1 if entry.get("columns") == "blocks" else 0]
    return {"certain": first["rows"], "panels": [panel for panel in inside if panel["rows"]]}


def _stands_out(row: Estimate) -> bool:
    return row.p_adjusted is not None and row.p_adjusted < CERTAIN


def _effect_notes(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    """What the numbers are, and that they are associations; the weighting; the test of proportional odds."""
    words = captions(lang)
    own = released.config["models"][entry["model"]]
    kind, (family, identity) = own["kind"], own["outcome"].split(".")
    outcome = released.totals(family, identity)
    among = text(found.base_label, lang) if outcome and (found := released.indicator(outcome[0])) else ""
    # Of services, the rows of a respondent are several: the numbers of theirs are no base of the model's.
    alone = not any(row.service for row in outcome)
    complete = words["model"]["complete_of" if alone else "complete"]
    complete = complete.format(n=span(rows, lang), answered=span(outcome, lang), base=among)
    lines = [words["footer"]["weighting"].get(released.weighting, ""), complete, words["model"][kind]]
    lines.append(words["model"]["note"])
    if kind == "ordinal":
        for column in columns(released, entry, lang)[-1:]:
            name = f"{column.plan.named(column.block)}_proportional_odds"
            tests = released.derived(FAMILY, indicator=name, breakdown=WHOLE)
            if tests and tests[0].published and tests[0].p_adjusted is not None:
                doubtful = tests[0].p_adjusted < CERTAIN
                lines.append(words["model"]["odds_doubtful" if doubtful else "odds_hold"])
    return [line for line in lines if line]


def _profile(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per breakdown, its lines the groups of the published ladder level, of one indicator for everyone."""
    made = []
    for breakdown in entry["breakdowns"]:
        rows = released.groups(breakdown, family=entry["family"], indicator=entry["indicator"])
        lines = [Line(released.group_label(row, lang), row) for row in rows]
        made.append(Panel(released.breakdown_label(breakdown, lang), lines))
    return made


def _reliability(released: Released, entry: Mapping[str, Any], lang: str) -> list[Panel]:
    """A panel per scale: alpha and omega, then the item-rest correlation of every item."""
    words = captions(lang)["scale"]
    labels = {indicator.column: indicator for indicator in expand_indicators(released.config)}
    found = {(row.indicator, row.statistic): row for row in released.derived("reliability")}
    made = []
    for scale, own in released.config.get("reliability", {}).items():
        lines = [Line(words[name], found[scale, name]) for name in ("alpha", "omega") if (scale, name) in found]
        for item in own["items"]:
            row = found.get((labels[item].id, "item_rest")) if item in labels else None
            if row:
                turned = f" {words['reversed']}" if item in own.get("reversed", []) else ""
                lines.append(Line(f"{text(labels[item].label, lang)}{turned}", row))
        made.append(Panel(text(own.get("label", {}), lang) or scale, lines))
    return made


def _nothing(released: Released, entry: Mapping[str, Any], lang: str) -> dict[str, Any]:
    return {}


def _scale_notes(released: Released, entry: Mapping[str, Any], rows: list[Estimate], lang: str) -> list[str]:
    words = captions(lang)
    return [words["footer"]["weighting"]["none"], words["scale"]["note"]]


KINDS |= {"effects": _effects, "models": _effects, "profile": _profile, "reliability": _reliability}
FACTS |= {"effects": _effect_facts, "models": _effect_facts, "reliability": _nothing}
NOTES |= {"effects": _effect_notes, "models": _effect_notes, "reliability": _scale_notes}

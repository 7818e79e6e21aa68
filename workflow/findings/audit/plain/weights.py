"""The design and the weights of a wave, from what wave.yaml declares: base weights, raking round by round, trimming."""

from __future__ import annotations

from typing import Any

from findings.audit.plain.answers import Answers
from findings.audit.plain.replay import Row, table_of

# A margin's cell of those who are in none of the population's.
NOWHERE = "(none)"
TRIM_ROUNDS = 100


class Design:
    """The respondents kept as a sample, each list one entry per respondent.

    `inside` says who is of the target population; `base` are base weights (0 outside); `stratum` and `psu` names,
    `ssu` too, `fpc1` and `fpc2` the units in the population or None; `cells` the margins' cells of a respondent, and
    `targets` the total of each (margin, cell).
    """

    def __init__(self, answers: Answers) -> None:
        wave = answers.wave
        declared, rows = wave.declared["design"], wave.rows
        self.answers = answers
        self.kind: str = declared["kind"]
        self.singletons: str = declared.get("singletons", wave.study["singletons"])
        domain = wave.study.get("domains", {}).get("population")
        self.inside = [domain is None or row[domain["column"]] in domain["codes"] for row in rows]
        strata = declared.get("strata")
        self.stratum = [(row[strata] or NOWHERE) if strata else "all" for row in rows]
        self.psu = [_unit(row, declared.get("psu")) for row in rows]
        self.ssu = [_unit(row, declared.get("ssu")) for row in rows]
        self.fpc1, self.fpc2 = self._sizes(declared)
        self.base = self._base(declared)
        self.cells: list[list[tuple[str, str]]] = [[] for _ in rows]
        self.targets: dict[tuple[str, str], float] = {}
        calibration = wave.declared.get("calibration")
        for margin in calibration["margins"] if calibration else []:
            self._margin(margin)
        self.trim = calibration.get("trim", wave.study["weighting"].get("trim")) if calibration else None
        self._raked: list[float] | None = None

    def weightings(self) -> list[str]:
        """The weightings that the wave has."""
        named = ["none"] if self.kind == "volunteer" else ["none", "design"]
        return [*named, *(["calibrated"] if self.targets else []), *(["trimmed"] if self.targets and self.trim else [])]

    def headline(self) -> str:
        """The weighting of comparisons."""
        wanted = self.answers.wave.study["headline_weighting"]
        return "none" if self.kind == "volunteer" else wanted if wanted in self.weightings() else "design"

    def weights(self, weighting: str) -> list[float]:
        """The weights of a weighting; 0 outside the target population, and 1 for all in `none`."""
        if weighting == "none":
            return [1.0] * len(self.base)
        if weighting == "design" or not self.targets:
            return self.base
        if self._raked is None:
            self._raked = self._rake(self.base)
        return self._raked if weighting == "calibrated" else self._trimmed(self._raked)

    def _sizes(self, declared: Row) -> tuple[list[float | None], list[float | None]]:
        wave, fpc = self.answers.wave, declared.get("fpc")
        first: list[float | None] = [None] * len(wave.rows)
        second = list(first)
        if not fpc or not wave.rows:
            return first, second
        if fpc["psu"] in wave.rows[0]:
            first = [float(r[fpc["psu"]]) if held else None for r, held in zip(wave.rows, self.inside, strict=True)]
        else:
            frame = declared["frame"]
            sizes = {r[frame["stratum"]]: float(r[fpc["psu"]]) for r in table_of(wave.folder / frame["file"])}
            first = [sizes.get(stratum) for stratum in self.stratum]
        if "ssu" in fpc:
            second = [float(r[fpc["ssu"]]) if held else None for r, held in zip(wave.rows, self.inside, strict=True)]
        return first, second

    def _base(self, declared: Row) -> list[float]:
        wave = self.answers.wave
        if column := declared.get("base_weight"):
            return [float(r[column]) if held else 0.0 for r, held in zip(wave.rows, self.inside, strict=True)]
        frame = declared.get("frame")
        if not frame:
            return [float(held) for held in self.inside]
        people: dict[str, float] = {}
        for entry in table_of(wave.folder / frame["file"]):
            stratum = entry[frame["stratum"]]
            people[stratum] = people.get(stratum, 0.0) + float(entry[frame["population"]])
        drawn: dict[str, int] = {}
        for stratum, held in zip(self.stratum, self.inside, strict=True):
            drawn[stratum] = drawn.get(stratum, 0) + held
        return [people[s] / drawn[s] if held else 0.0 for s, held in zip(self.stratum, self.inside, strict=True)]

    def _margin(self, margin: Row) -> None:
        """Give every respondent a cell of the margin, and every cell its total."""
        name, levels = margin["name"], margin["columns"]
        people: dict[str, float] = {}
        for entry in table_of(self.answers.wave.reference / margin["file"]):
            cell = "/".join(entry[level] for level in levels)
            people[cell] = people.get(cell, 0.0) + float(entry["population"])
        people = {cell: count for cell, count in people.items() if count > 0}
        groups = [self.answers.groups(level) for level in levels]
        matched = nowhere = 0.0
        for i, held in enumerate(self.inside):
            if not held:
                continue
            cell = "/".join(group[i] or "" for group in groups)
            if cell in people:
                matched += self.base[i]
            else:
                cell = NOWHERE
                nowhere += self.base[i]
            self.cells[i].append((name, cell))
        whole = sum(people.values())
        self.targets |= {(name, cell): count / whole * matched for cell, count in people.items()}
        if nowhere > 0:
            self.targets[name, NOWHERE] = nowhere

    def _totals(self, weights: list[float]) -> dict[tuple[str, str], float]:
        totals = dict.fromkeys(self.targets, 0.0)
        for weight, cells in zip(weights, self.cells, strict=True):
            for cell in cells:
                totals[cell] += weight
        return totals

    def _rake(self, start: list[float]) -> list[float]:
        """Weights that meet every margin: one margin after the other, until all hold at once."""
        options = self.answers.wave.study["weighting"]
        weights = list(start)
        margins = list(dict.fromkeys(name for name, _ in self.targets))
        for _ in range(options["max_iterations"]):
            for place in range(len(margins)):
                totals = self._totals(weights)
                for i, cells in enumerate(self.cells):
                    if cells:
                        weights[i] *= self.targets[cells[place]] / totals[cells[place]]
            totals = self._totals(weights)
            if all(abs(totals[cell] / target - 1) <= options["tolerance"] for cell, target in self.targets.items()):
                return weights
        raise ArithmeticError("raking does not converge")

    def _trimmed(self, weights: list[float]) -> list[float]:
        """Trim and rake, in turn, until both hold. The limits are multiples of the mean weight of the raked ones."""
        assert self.trim is not None
        mean = sum(weights) / sum(self.inside)
        low, high = self.trim["lower"] * mean, self.trim["upper"] * mean
        for _ in range(TRIM_ROUNDS):
            held = zip(weights, self.inside, strict=True)
            if all(not inside or low * (1 - 1e-6) <= weight <= high * (1 + 1e-6) for weight, inside in held):
                return weights
            clipped = [
                min(max(w, low), high) if inside else 0.0 for w, inside in zip(weights, self.inside, strict=True)
            ]
            weights = self._rake(clipped)
        raise ArithmeticError("trimming and raking do not agree")


def _unit(row: dict[str, Any], column: str | None) -> str:
    """The name of a respondent's unit; the respondent is one where there is none."""
    return str(row[column] or row["row_id"]) if column else str(row["row_id"])

"""Numbers that are computed from several: differences, ratios, bounds, ranks, combinations, tables, points of a grid.

Sources as in docs/estimate.md: contrasts with the covariance of their parts; Satterthwaite (1946) between waves; Imbens
and Manski (2004); Rao and Scott (1984); Zou and Donner (2008) for limits of a gap recovered from its shares' own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from scipy.special import fdtrc, ndtri, stdtr, stdtrit

from findings.audit.plain.answers import SILENT
from findings.audit.plain.estimates import (
    Frame,
    Numbers,
    influence_of,
    limits_of,
    quality_column,
    reliability,
    share_row,
)
from findings.audit.plain.keys import Parts
from findings.audit.plain.survey import (
    Linear,
    Sample,
    effective,
    korn_graubard,
    logit,
    p_of,
    solved,
    student,
)

# The half width of a 95 % interval, and what 80 % power needs beyond it.
DETECTABLE = float(ndtri(0.975) + ndtri(0.80))
# What is left of a variance of zero by the arithmetic of floats.
NOTHING = 1e-24


def difference_row(frame: Frame, leaves: Sequence[tuple[float, Parts]]) -> Numbers:
    """A difference of rows of one wave, or a difference of differences, with the covariance of its parts."""
    found = [influence_of(frame, parts) for _, parts in leaves]
    sample = found[0][0]
    combined = _combined([sign for sign, _ in leaves], [linear for _, linear in found])
    n = sum(combined.held)
    if _alone([parts for _, parts in leaves]):
        n = min(sum(linear.held) for _, linear in found)
    made: Numbers = {"estimate": combined.value, "n": n}
    if frame.design.kind == "volunteer":
        return made
    return made | _tested(combined.value, sample.se(combined), sample.df(combined.held))


def _alone(parts: Sequence[Parts]) -> bool:
    """Whether other than two groups of one question are compared: then the number who answered on either is not told.

    What is told is the fewer of the two.
    """
    of = [(part.ministry, part.service, part.indicator, part.breakdown) for part in parts]
    return len(parts) == 2 and of[0] != of[1]


def _combined(signs: Sequence[float], parts: Sequence[Linear]) -> Linear:
    return Linear(
        sum(sign * part.value for sign, part in zip(signs, parts, strict=True)),
        [
            sum(s * z for s, z in zip(signs, each, strict=True))
            for each in zip(*(p.influence for p in parts), strict=True)
        ],
        [any(each) for each in zip(*(part.held for part in parts), strict=True)],
    )


def _tested(value: float, se: float, df: float) -> Numbers:
    se = 0.0 if se**2 <= NOTHING else se
    t = value / se if se > 0 else math.nan
    return {"se": se, "df": df, **limits_of(("t", student(value, se, df))), "test_value": t,
            "p": p_of(t, df) if se > 0 else None, "detectable": DETECTABLE * se}  # fmt: skip


def change_row(later: Numbers, earlier: Numbers) -> Numbers:
    """A row of a wave less that of another: samples are independent, so variances add."""
    v, w = later["se"] ** 2, earlier["se"] ** 2
    se, value = math.sqrt(v + w), later["estimate"] - earlier["estimate"]
    least = min(later["df"], earlier["df"])
    spread = v**2 / later["df"] + w**2 / earlier["df"] if least > 0 else 0.0
    df = (v + w) ** 2 / spread if spread > 0 else least
    made = _tested(value, se, df) if se > 0 else {"se": se, "df": df, **limits_of(("t", student(value, se, df)))}
    return {"estimate": value, **made, "n": later["n"] + earlier["n"]}


def ratio_row(frame: Frame, top: Parts, bottom: Parts) -> Numbers:
    """A ratio of two rows of one wave, by the delta method."""
    (sample, a), (_, b) = influence_of(frame, top), influence_of(frame, bottom)
    value = a.value / b.value
    z = [(x - value * y) / b.value for x, y in zip(a.influence, b.influence, strict=True)]
    combined = Linear(value, z, [one or other for one, other in zip(a.held, b.held, strict=True)])
    made: Numbers = {"estimate": value, "n": sum(combined.held)}
    return (
        made if frame.design.kind == "volunteer" else made | {"se": sample.se(combined), "df": sample.df(combined.held)}
    )


def bounds_row(frame: Frame, parts: Parts) -> Numbers:
    """Worst-case bounds of a proportion, and Imbens and Manski's limits."""
    column = frame.column(parts)
    answers = frame.answers.of(column)
    sample = frame.sample(parts.weighting or "none")
    domain, _ = frame.domain(parts.breakdown, parts.group)
    values = [value for value, _ in answers]
    point = sample.mean(values, domain)
    sides = [sample.mean(_filled(answers, yes), domain) for yes in (0.0, 1.0)]
    low, high = sides
    made: Numbers = {"estimate": point.value, "n": sum(point.held), "bound_low": low.value, "bound_high": high.value}
    if frame.design.kind == "volunteer":
        return made
    ses, df = [sample.se(side) for side in sides], sample.df(low.held)
    if df <= 0:
        return made | {"df": df}
    c = _imbens_manski(high.value - low.value, max(ses), df)
    return made | {
        "df": df, "ci_low": max(low.value - c * ses[0], 0.0), "ci_high": min(high.value + c * ses[1], 1.0),
    }  # fmt: skip


def _filled(answers: Sequence[tuple[float | None, str]], yes: float) -> list[float | None]:
    return [yes if value is None and state in SILENT else value for value, state in answers]


def _imbens_manski(width: float, se: float, df: float) -> float:
    low, high = float(stdtrit(df, 0.95)), float(stdtrit(df, 0.975))
    if se <= 0:
        return low
    return _root(lambda c: float(stdtr(df, c + width / se) - stdtr(df, -c)) - 0.95, low - 1e-9, high + 1e-9)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    return (low + high) / 2


def rank_row(frame: Frame, parts: Parts, items: Sequence[str]) -> Numbers:
    """The rank of an item's estimate among `items` (indicators' codes); its set is simulated, and not computed here."""
    sample = frame.sample(parts.weighting or "none")
    of = parts.service or parts.ministry
    found: dict[str, Linear] = {}
    for item in items:
        column = frame.answers.column(parts.family, item, of)
        if column in frame.answers.indicators:
            linear = sample.mean(frame.answers.values(column), sample.rows)
            if any(linear.held):
                found[item] = linear
    own = found[parts.indicator]
    return {"estimate": 1.0 + sum(other.value > own.value for other in found.values()), "n": sum(own.held)}


def combination_values(frame: Frame, parts: Parts) -> list[float | None]:
    """1 for those who named exactly the sets of a combination, of the most named ones; None who did not answer."""
    entry, least = frame.study["intersections"], frame.study["disclosure"]["min_cell"]
    of = parts.service or parts.ministry
    columns = {}
    for code in frame.study[entry["items"]]:
        column = frame.answers.column(entry["family"], code, of)
        if isinstance(frame.answers.indicators.get(column, {}).get("contains"), str):
            columns[code] = column
    sample = frame.sample(parts.weighting or "none")
    shares = {}
    for code, column in columns.items():
        values = [
            v for v, held in zip(frame.answers.values(column), sample.rows, strict=True) if held and v is not None
        ]
        if min(sum(values), len(values) - sum(values)) >= least:
            shares[code] = sample.mean(frame.answers.values(column), sample.rows).value
    shown = sorted(shares, key=lambda code: (-shares[code], code))[: min(entry["sets"], 8)]
    wanted = set() if parts.indicator == "none" else set(parts.indicator.split("__"))
    if not wanted <= set(shown):
        raise KeyError("a set that is not among those shown")
    made: list[float | None] = []
    for cells in zip(*(frame.answers.values(columns[code]) for code in shown), strict=True):
        named = {code for code, cell in zip(shown, cells, strict=True) if cell == 1}
        made.append(None if None in cells else float(named == wanted))
    return made


def combination_row(frame: Frame, parts: Parts) -> Numbers:
    """The share of those who named exactly these of the sets shown."""
    sample = frame.sample(parts.weighting or "none")
    made = share_row(frame, sample, combination_values(frame, parts), sample.rows, False)
    # Its cells are counts of its own, not a base and a numerator.
    del made["k"]
    if "se" not in made:
        return made
    p, se, df, n = (made[name] for name in ("estimate", "se", "df", "n"))
    low, high = korn_graubard(p, se, n, df)
    return made | {"ci_low": low, "ci_high": high, "ci_method": "korn_graubard",
                   "reliability": reliability(p, low, high, n, effective(p, se, n), df)}  # fmt: skip


def table_of(frame: Frame, parts: Parts) -> tuple[list[float | None], list[str | None]]:
    """The answers and the groups of a table test: an indicator's values, or (family quality) whether one declined."""
    groups = frame.answers.groups(str(parts.breakdown))
    if parts.family != "quality":
        return frame.answers.values(frame.column(parts)), groups
    answers = frame.answers.of(quality_column(frame, parts))
    declined = [float(s == "declined") if v is not None or s in SILENT else None for v, s in answers]
    return declined, groups


def table_row(frame: Frame, parts: Parts) -> Numbers:
    """Rao and Scott's second-order test of a table: F, its degrees of freedom, p, and Cramér's V as the estimate."""
    values, groups = table_of(frame, parts)
    sample = frame.sample(parts.weighting or "none")
    inside = [r and v is not None and g is not None for r, v, g in zip(sample.rows, values, groups, strict=True)]
    answers = sorted({v for v, one in zip(values, inside, strict=True) if one and v is not None})
    names = sorted({g for g, one in zip(groups, inside, strict=True) if one and g is not None})
    cells = [(answer, name) for answer in answers for name in names]
    shares = [
        sample.mean(
            [float((v, g) == cell) if one else None for v, g, one in zip(values, groups, inside, strict=True)], inside
        )
        for cell in cells
    ]
    p = {cell: share.value for cell, share in zip(cells, shares, strict=True)}
    across = {answer: sum(p[answer, name] for name in names) for answer in answers}
    down = {name: sum(p[answer, name] for answer in answers) for name in names}
    pearson = sum((p[a, g] - across[a] * down[g]) ** 2 / (across[a] * down[g]) for a, g in cells)
    made: Numbers = {"estimate": math.sqrt(pearson / (min(len(answers), len(names)) - 1)), "n": sum(inside)}
    if frame.design.kind == "volunteer":
        return made
    # Interactions: the answer's and the group's contrast with their first, for every other answer and group.
    contrasts = [
        [((a == b) - (a == answers[0])) * ((g == h) - (g == names[0])) for a, g in cells]
        for b in answers[1:] for h in names[1:]
    ]  # fmt: skip
    scaled = [[c / p[cell] if p[cell] > 0 else 0.0 for c, cell in zip(row, cells, strict=True)] for row in contrasts]
    spread = sample.covariances(shares)
    size = len(contrasts)
    binomial = [[_dot(a, b) for b in scaled] for a in contrasts]
    moved = [[_dot(a, [_dot(line, b) for line in spread]) for b in scaled] for a in scaled]
    # Delta = binomial⁻¹ moved; its eigenvalues are the generalised design effects.
    delta = solved([[*a, *b] for a, b in zip(binomial, moved, strict=True)])
    trace = sum(delta[i][i] for i in range(size))
    square = sum(delta[i][j] * delta[j][i] for i in range(size) for j in range(size))
    df, df1 = sample.df(inside), trace**2 / square
    f = pearson / trace
    return made | {"test_value": f, "df1": df1, "df": df, "p": float(fdtrc(df1, df1 * df, f))}


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def adjusted(p: Sequence[float], correction: str) -> list[float]:
    """p values corrected for their whole family: Holm (1979), or Benjamini and Hochberg (1995)."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    found, m = [0.0] * len(p), len(p)
    if correction == "holm":
        largest = 0.0
        for rank, i in enumerate(order):
            largest = max(largest, min(1.0, (m - rank) * p[i]))
            found[i] = largest
    else:
        least = 1.0
        for rank in range(m - 1, -1, -1):
            least = min(least, m / (rank + 1) * p[order[rank]])
            found[order[rank]] = least
    return found


def items_of(frame: Frame, parts: Parts) -> tuple[list[tuple[str, bool]], int | None]:
    """Columns of a scale's items with whether they are turned round, and which of them the row is of (None: all)."""
    for name, entry in frame.study["reliability"].items():
        items = [(item, item in entry.get("reversed", [])) for item in entry["items"]]
        ids = [frame.answers.indicators[item]["id"] for item in entry["items"]]
        if parts.statistic == "item_rest" and parts.indicator in ids:
            return items, ids.index(parts.indicator)
        if parts.statistic != "item_rest" and name == parts.indicator:
            return items, None
    raise KeyError(parts.indicator)


def ends_of(frame: Frame, items: Sequence[str]) -> float:
    """The lowest and the highest step of the items' scale together: an item turned round is this less its answer."""
    steps = [step for item in items for step in frame.answers.indicators[item]["scale"].values()]
    return float(min(steps) + max(steps))


def reliability_row(frame: Frame, parts: Parts) -> Numbers:
    """Cronbach's alpha of a scale, or the correlation of an item with the rest, over complete answers, unweighted."""
    items, own = items_of(frame, parts)
    ends = ends_of(frame, [item for item, _ in items])
    rows = []
    for i, cells in enumerate(zip(*(frame.answers.values(item) for item, _ in items), strict=True)):
        if frame.design.inside[i] and None not in cells:
            rows.append([ends - cell if turned else cell for cell, (_, turned) in zip(cells, items, strict=True)])
    if own is None:
        k = len(items)
        of_items = sum(_moment([row[j] for row in rows], [row[j] for row in rows]) for j in range(k))
        whole = [sum(row) for row in rows]
        return {"estimate": k / (k - 1) * (1 - of_items / _moment(whole, whole)), "n": len(rows)}
    x, rest = [row[own] for row in rows], [sum(row) - row[own] for row in rows]
    return {"estimate": _moment(x, rest) / math.sqrt(_moment(x, x) * _moment(rest, rest)), "n": len(rows)}


def _moment(x: Sequence[float], y: Sequence[float]) -> float:
    a, b = sum(x) / len(x), sum(y) / len(y)
    return sum((p - a) * (q - b) for p, q in zip(x, y, strict=True)) / (len(x) - 1)


def point_values(frame: Frame, parts: Parts, point: dict[str, str]) -> tuple[list[float | None], list[list[bool]]]:
    """The values that a point of a specification curve counts, and its domains: one, or the two of a gap."""
    headline = frame.study["specifications"]["headlines"][point["headline"]]
    of = headline["definitions"][point["definition"]]
    answers = frame.answers.of(frame.answers.column(of["family"], of["indicator"], parts.service or parts.ministry))
    yes = {"all_no": 0.0, "all_yes": 1.0}.get(point["missing"])
    values = [value for value, _ in answers] if yes is None else _filled(answers, yes)
    gap = headline.get("gap")
    groups = [frame.domain(gap["level"], group)[0] for group in gap["groups"]] if gap else [list(frame.design.inside)]
    return values, groups


def point_row(frame: Frame, parts: Parts, point: dict[str, str]) -> Numbers:
    """A point of a specification curve of the wave as it was cleaned, unadjusted: a share, or a gap of two groups."""
    threshold = frame.study["specifications"]["headlines"][point["headline"]].get("threshold", 0.0)
    values, domains = point_values(frame, parts, point)
    sample = frame.sample(parts.weighting or "none")
    found = [sample.mean(values, domain) for domain in domains]
    combined = _combined([1.0, -1.0][: len(found)], found)
    made: Numbers = {"estimate": combined.value, "n": sum(sum(each.held) for each in found)}
    if frame.design.kind == "volunteer":
        return made
    se, df = sample.se(combined), sample.df(combined.held)
    limits = _point_limits(sample, found, combined, point["interval"], se, df)
    made |= {"se": se, "df": df, "ci_low": limits[0], "ci_high": limits[1]}
    if point["interval"] == "t" and se > 0:
        t = (combined.value - threshold) / se
        made |= {"test_value": t, "p": p_of(t, df)}
    return made


def _point_limits(
    sample: Sample, found: Sequence[Linear], combined: Linear, interval: str, se: float, df: float
) -> tuple[float, float]:
    if interval == "t":
        return student(combined.value, se, df)
    each = []
    for one in found:
        own, freedom = sample.se(one), sample.df(one.held)
        limits = (
            korn_graubard(one.value, own, sum(one.held), freedom)
            if interval == "korn_graubard"
            else logit(one.value, own, freedom)
        )
        each.append((one.value, own, *limits))
    if len(each) == 1:
        return each[0][2], each[0][3]
    (p, s, p_low, p_high), (q, u, q_low, q_high) = each
    r = min(max((s**2 + u**2 - se**2) / (2 * s * u), -1.0), 1.0) if s > 0 and u > 0 else 0.0
    below = (p - p_low) ** 2 - 2 * r * (p - p_low) * (q_high - q) + (q_high - q) ** 2
    above = (p_high - p) ** 2 - 2 * r * (p_high - p) * (q - q_low) + (q - q_low) ** 2
    return p - q - math.sqrt(max(below, 0.0)), p - q + math.sqrt(max(above, 0.0))

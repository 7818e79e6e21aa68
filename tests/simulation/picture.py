"""The figures and tables of docs/proof.md, from results/*.csv: which intervals hold the truth, and what is biased.

PYTHONPATH=workflow:tests/simulation .venv/bin/python tests/simulation/picture.py
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from criteria import BAND, LEAST_SHARE, beyond, held, results
from findings.environment import ROOT
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

PAGE = ROOT / "docs" / "proof.md"
IMAGES = ROOT / "docs" / "images"
STYLE = ROOT / "workflow" / "report" / "style.mplstyle"
INK, MUTED, ACCENT, WARM = "#1a1a1a", "#8c8c8c", "#0072B2", "#D55E00"
LOWEST = 0.86


@dataclass(frozen=True)
class Strip:
    """A line of the figure: estimates of one kind, with how often their intervals hold the truth.

    `rule` is "band" (93 to 97 %), "least" (93.5 %), or None for what is shown only.
    """

    label: str
    coverage: pd.Series
    rule: str | None = None

    @property
    def met(self) -> pd.Series:
        """Which estimates meet the rule."""
        low, high = BAND if self.rule == "band" else (LEAST_SHARE, 1.0)
        return self.coverage.between(low, high)


def strips(found: dict[str, pd.DataFrame]) -> list[Strip]:
    """Every kind of interval, in the order of the figure."""
    rows = found["domains"]
    rows = rows[rows["weighting"] == "calibrated"]
    share, mean = rows["statistic"] == "proportion", rows["statistic"] == "mean"
    enough = held(rows)
    contrasts, bounds = found["contrasts"], found["bounds"]
    kind = contrasts["contrast"].str.split(":").str[0]
    change = kind == "change between waves"
    crossed = kind.str.startswith("gap of gaps")
    ratio = contrasts["statistic"] == "ratio"
    plain = ~change & ~crossed & ~ratio
    selective = bounds["indicator"] == "trust.selective"
    his = "   with Satterthwaite's degrees of freedom"
    return [
        Strip("Proportions, Korn–Graubard", rows.loc[share & enough, "coverage"], "least"),
        Strip(his, rows.loc[share & enough, "coverage_satterthwaite"]),
        Strip("   n_eff < 30 or df < 8", rows.loc[share & ~enough, "coverage"]),
        Strip("   those called reliable", rows.loc[share & (rows["reliable"] > 0.05), "coverage_reliable"]),
        Strip("   logit instead", rows.loc[share & enough, "coverage_logit"]),
        Strip("Means, t", rows.loc[mean & enough, "coverage"], "band"),
        Strip(his, rows.loc[mean & enough, "coverage_satterthwaite"]),
        Strip("   n_eff < 30 or df < 8", rows.loc[mean & ~enough, "coverage"]),
        Strip("Differences of groups or services", contrasts.loc[plain, "coverage"], "band"),
        Strip(his, contrasts.loc[plain, "coverage_satterthwaite"]),
        Strip("Gaps of gaps", contrasts.loc[crossed, "coverage"], "band"),
        Strip(his, contrasts.loc[crossed, "coverage_satterthwaite"]),
        Strip("Ratios", contrasts.loc[ratio, "coverage"], "band"),
        Strip("Changes between waves", contrasts.loc[change, "coverage"], "band"),
        Strip("Average marginal effects", found["effects"]["coverage"], "band"),
        Strip("Worst-case bounds, Imbens–Manski", bounds["coverage"]),
        Strip("   none, where those who distrust decline", bounds.loc[selective, "coverage_without_bounds"]),
    ]


def coverage(found: dict[str, pd.DataFrame]) -> Figure:
    """One dot per estimate; the band is 93 to 97 %."""
    lines = [strip for strip in strips(found) if strip.coverage.notna().any()]
    draws = int(found["domains"]["draws"].max())
    figure = Figure(figsize=(6.7, 0.95 + 0.27 * len(lines)))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.44, 0.66 / figure.get_figheight(), 0.49, 1 - 0.98 / figure.get_figheight()))
    random = np.random.default_rng(1)
    axes.axvspan(*BAND, color=ACCENT, alpha=0.10, linewidth=0)
    axes.axvline(0.95, color=ACCENT, linewidth=0.8)
    for place, strip in enumerate(lines):
        values = strip.coverage.dropna()
        shown = values.clip(lower=LOWEST)
        colour = INK if strip.rule else MUTED
        jitter = place + random.uniform(-0.24, 0.24, len(values)) * (len(values) > 3)
        axes.scatter(shown, jitter, s=7, color=colour, alpha=0.45, linewidths=0, zorder=3)
        axes.plot([values.median().clip(LOWEST)] * 2, [place - 0.36, place + 0.36], color=WARM, linewidth=1.6, zorder=4)
        below = int((values < LOWEST).sum())
        if below:
            axes.text(LOWEST - 0.002, place, f"◂ {below} down to {values.min():.0%}", fontsize=6.5, ha="left",
                      va="bottom", color=MUTED)  # fmt: skip
        axes.text(1.09, place, f"{len(values)}", fontsize=7, ha="right", va="center", color=MUTED,
                  transform=axes.get_yaxis_transform())  # fmt: skip
    axes.set_yticks(range(len(lines)), [strip.label for strip in lines], fontsize=7.5, ha="left")
    axes.tick_params(axis="y", length=0, pad=200)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(LOWEST - 0.003, 1.002)
    axes.set_xticks([0.88, 0.90, 0.93, 0.95, 0.97, 1.0], ["88", "90", "93", "95", "97", "100 %"], fontsize=7.5)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.text(0.01, 0.985, "How often 95 % intervals hold the planted truth", fontsize=10, weight="bold", va="top")
    error = np.sqrt(0.95 * 0.05 / draws)
    figure.text(
        0.01, 0.012,
        f"{draws:,} samples with the shipped wave's design. A dot is one estimate, the line their median, the number"
        f" how\nmany; the Monte-Carlo error of a dot is {error:.1%}. Black: held to the band (means, differences) or to"
        " 93.5 %\nat least (Korn–Graubard). Grey: shown only.",
        fontsize=6.5, color="#595959", va="bottom",
    )  # fmt: skip
    return figure


NAMES = {
    "adoption.aware|telekyanmar": "Aware of one service",
    "adoption.ever_used|mes_platform": "Ever used another",
    "adoption.current_any_service": "Uses any service now",
    "conversion.conversion_ever|telekyanmar": "Used it, of the aware",
    "trust.trust": "Trust",
    "barriers.language|health": "Barrier: language",
    "barriers.phone_checks|finance": "Barrier: phone checks",
}


def bias(found: dict[str, pd.DataFrame]) -> Figure:
    """Left: biases of the probability wave in Monte-Carlo errors; right: the volunteers against the population."""
    figure = Figure(figsize=(6.7, 3.1))
    FigureCanvasAgg(figure)
    left, right = figure.add_axes((0.055, 0.25, 0.32, 0.58)), figure.add_axes((0.605, 0.25, 0.36, 0.53))
    z = pd.concat([found["domains"]["z"], found["contrasts"]["z"], found["effects"]["z"]]).dropna()
    left.hist(z.clip(-4, 4), bins=np.arange(-4, 4.01, 0.5), density=True, color=ACCENT, alpha=0.35)
    grid = np.linspace(-4, 4, 200)
    left.plot(grid, np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi), color=INK, linewidth=1)
    left.set_xticks([-3, 0, 3])
    left.set_yticks([])
    left.set_xlabel("bias in Monte-Carlo standard errors", fontsize=7.5)
    rows = found["volunteers"]
    rows = (
        rows[rows["breakdown"].isna()]
        .pivot(index="indicator", columns="weighting", values="mean")
        .join(rows[rows["breakdown"].isna()].drop_duplicates("indicator").set_index("indicator")["truth"])
    )
    for place, name in enumerate(NAMES):
        row = rows.loc[name]
        right.plot([row["truth"], row["none"]], [place, place], color=MUTED, linewidth=0.8, zorder=1)
        right.scatter(row["none"], place, s=22, color=WARM, zorder=3, label="volunteers" if place == 0 else None)
        right.scatter(row["trimmed"], place, s=22, facecolor="white", edgecolor=WARM, zorder=2,
                      label="raked and trimmed" if place == 0 else None)  # fmt: skip
        right.scatter(row["truth"], place, s=30, color=INK, marker="|", linewidths=1.8, zorder=4,
                      label="population" if place == 0 else None)  # fmt: skip
    right.set_yticks(range(len(NAMES)), list(NAMES.values()), fontsize=7.5)
    right.set_ylim(len(NAMES) - 0.5, -0.5)
    right.set_xlim(0, 1)
    right.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"], fontsize=7.5)
    right.legend(fontsize=6.5, frameon=False, loc="upper left", ncols=3, bbox_to_anchor=(-0.62, 1.16),
                 handletextpad=0.2, columnspacing=1.0)  # fmt: skip
    for axes in (left, right):
        axes.tick_params(labelsize=7.5)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    right.tick_params(axis="y", length=0)
    figure.text(0.01, 0.975, "Probability wave: no bias", fontsize=9.5, weight="bold", va="top")
    figure.text(0.44, 0.975, "Volunteers: a bias that weights do not mend", fontsize=9.5, weight="bold", va="top")
    count, draws = len(z), int(found["domains"]["draws"].max())
    figure.text(
        0.01, 0.012,
        f"Left: {count:,} estimators, mean of {draws:,} samples less planted truth; the line is chance."
        " All are of the same\nsamples, and lean together."
        " Right: means of as many samples of volunteers, who choose themselves as the shipped wave's do.",
        fontsize=6.5, color="#595959", va="bottom",
    )  # fmt: skip
    return figure


def table(found: dict[str, pd.DataFrame]) -> str:
    """The strips of the figure as a Markdown table."""
    lines = [
        "| intervals of | estimates | median | lowest | highest | criterion | met by |",
        "|---|---|---|---|---|---|---|",
    ]
    for strip in strips(found):
        values = strip.coverage.dropna()
        rule = {"band": "93–97 %", "least": "≥ 93.5 %", None: "shown"}[strip.rule]
        met = f"{int(strip.met[values.index].sum())} of {len(values)}" if strip.rule else ""
        shown = [f"{values.quantile(q):.1%}".replace("%", " %") for q in (0.5, 0.0, 1.0)]
        label = strip.label if strip.label[0] != " " else f"… {strip.label.strip()}"
        lines.append("| " + " | ".join([label, str(len(values)), *shown, rule, met]) + " |")
    return "\n".join(lines)


def misses(found: dict[str, pd.DataFrame]) -> str:
    """By breakdown or gap: how many intervals do not meet their criterion, and the degrees of freedom behind them."""
    rows = found["domains"]
    rows = rows[(rows["weighting"] == "calibrated") & held(rows)]
    share = rows["statistic"] == "proportion"
    rows = rows.assign(
        of=rows["breakdown"]
        .fillna("everyone")
        .where(rows["group"] != "urban", "urban")
        .replace("urban_rural", "rural"),
        met=np.where(share, rows["coverage"] >= LEAST_SHARE, rows["coverage"].between(*BAND)),
    )
    gaps = found["contrasts"]
    gaps = gaps.assign(of=gaps["contrast"].str.split(":").str[0], met=gaps["coverage"].between(*BAND))
    lines = ["| of | estimates | not met | lowest | df | effective df |", "|---|---|---|---|---|---|"]
    for of, part in pd.concat([rows, gaps]).groupby("of", sort=False):
        if part["met"].all():
            continue
        numbers = [f"{part['coverage'].min():.1%}".replace("%", " %"), f"{part['df'].median():.0f}"]
        numbers += [f"{part['df_effective'].median():.0f}"]
        name = str(of).replace("&", " × ")
        lines.append("| " + " | ".join([name, str(len(part)), str(int((~part["met"]).sum())), *numbers]) + " |")
    return "\n".join(lines)


def tests_table(found: dict[str, pd.DataFrame]) -> str:
    """The size of the table tests."""
    lines = ["| Rao–Scott test of | in | rejects at 5 % | at 1 % | Pearson's, at 5 % |", "|---|---|---|---|---|"]
    for row in found["tests"].to_dict("records"):
        where = "everyone" if row["group"] == "everyone" else f"{row['breakdown']} {row['group']}"
        shares = [f"{row[name]:.1%}".replace("%", " %") for name in ("size_5", "size_1", "size_5_pearson")]
        shares[0] += f" (± {row['error']:.1%})".replace("%", " %")
        lines.append(
            "| " + " | ".join([f"{row['indicator'].split('|')[0]} × {row['groups']} groups", where, *shares]) + " |"
        )
    return "\n".join(lines)


def unbiased(found: dict[str, pd.DataFrame]) -> str:
    """How many estimators are further from the truth than three Monte-Carlo errors."""
    lines = [
        "| estimators | number | beyond 3 errors | expected by chance | probability of as many |",
        "|---|---|---|---|---|",
    ]
    rows = found["domains"]
    for label, z in (
        *((f"proportions and means, {weighting}", rows.loc[rows["weighting"] == weighting, "z"])
          for weighting in ("none", "design", "calibrated")),
        ("differences, ratios, changes", found["contrasts"]["z"]),
        ("average marginal effects", found["effects"]["z"]),
    ):  # fmt: skip
        count, chance = beyond(z.dropna())
        lines.append(f"| {label} | {len(z.dropna())} | {count} | {0.0027 * len(z.dropna()):.1f} | {chance:.2f} |")
    return "\n".join(lines)


def page() -> str:
    """docs/proof.md with these tables."""
    found, text = results(), PAGE.read_text(encoding="utf-8")
    for name, made in (
        ("coverage", table(found)),
        ("bias", unbiased(found)),
        ("misses", misses(found)),
        ("tests", tests_table(found)),
    ):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        text = f"{text[: text.index(begin)]}{begin}\n{made}\n{text[text.index(end) :]}"
    return text


def main() -> None:
    """Draw both figures, write the tables."""
    found = results()
    PAGE.write_text(page(), encoding="utf-8")
    with rc_context(fname=STYLE):
        for name, figure in (("coverage", coverage(found)), ("bias", bias(found))):
            figure.savefig(IMAGES / f"{name}.png", dpi=200, metadata={"Software": None})


if __name__ == "__main__":
    main()

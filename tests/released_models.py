"""Released rows of models and scales made up for tests of the exhibits; one model in three is withheld."""

from __future__ import annotations

import numpy as np
from findings.keys import model_key, print_key
from findings.models.plan import plans
from findings.plan import expand_indicators


def model_rows(config: dict, wave: str, withheld: bool) -> list[dict]:
    """Rows (without status) of every model and scale of the config; `hide` marks the withheld, all if `withheld`."""
    random, rows = np.random.default_rng(5), []
    common = {"wave": wave, "synthetic": True, "design": "probability", "df": "≥30"}
    for number, plan in enumerate(plans(config)):
        points = plan.kind != "linear"
        terms = [plan.unit_factor] if plan.unit_factor else []
        for block in plan.blocks:
            terms += block.factors
            name = plan.named(block.id)
            of = {**common, "family": "model", "indicator": name, "weighting": "calibrated", "ministry": plan.ministry}
            whole = {"breakdown": "model", "group": "all", "key": model_key(name, "model", "all", wave)}
            if withheld or number % 3 == 2 and block is plan.blocks[0]:
                rows.append({**of, **whole, "statistic": "pseudo_r2", "hide": True})
                continue
            test = {"n": 1900, "test": "wald", "test_value": 4.2, "df1": 2.0, "p": 0.01}
            rows.append({**of, **whole, **test, "statistic": "pseudo_r2", "estimate": 0.05, "hide": False})
            if plan.kind == "ordinal":
                slopes = f"{name}_proportional_odds"
                own = {"indicator": slopes, "key": model_key(slopes, "model", "all", wave), "p_adjusted": 0.3}
                rows.append({**of, **whole, **test, **own, "statistic": "f_test", "estimate": 1.2, "hide": False})
            for term in terms:
                rows.append({**of, **test, "breakdown": term.name, "group": "all", "statistic": "f_test",
                             "estimate": 4.2, "p_adjusted": 0.02, "hide": False,
                             "key": model_key(name, term.name, "all", wave)})  # fmt: skip
                for level in term.levels[1:]:
                    value = float(random.normal(0, 0.08)) * (1 if points else 100)
                    half = 0.06 * (1 if points else 100)
                    statistic = "average_marginal_effect" if points else "difference_of_means"
                    rows.append(
                        {**of, "breakdown": term.name, "group": level, "statistic": statistic, "n": 1900,
                         "estimate": round(value, 3), "ci_low": round(value - half, 3), "ci_method": "t",
                         "ci_high": round(value + half, 3), "p_adjusted": 0.01 if abs(value) > half else 0.4,
                         "key": model_key(name, term.name, level, wave), "hide": False,
                         "reliability": str(random.choice(["reliable", "review", "not_reliable"]))}
                    )  # fmt: skip
    return rows + _scales(config, common, withheld)


def _scales(config: dict, common: dict, withheld: bool) -> list[dict]:
    columns, rows = {indicator.column: indicator for indicator in expand_indicators(config)}, []
    for scale, entry in config["reliability"].items():
        found = [(scale, "alpha", 0.81), (scale, "omega", 0.83)]
        found += [(columns[item].id, "item_rest", 0.42) for item in entry["items"] if item in columns]
        for indicator, statistic, value in found:
            row = {**common, "family": "reliability", "indicator": indicator, "statistic": statistic,
                   "weighting": "none", "estimate": value, "n": 2100,
                   "hide": withheld or indicator == "literacy_safety"}  # fmt: skip
            rows.append({**row, "key": print_key(row)})
    return rows

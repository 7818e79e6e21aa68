"""Timestamps coarsened: the month of an interview, its whole minutes and a flag of them, in place of the moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from findings.answers import data_rows
from findings.errors import FindingsError

_ISO = r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"


def times(clock: Mapping[str, pd.Series], wave: Mapping[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """`interview_month` (YYYY-MM at the wave's utc_offset), `interview_minutes` and `duration_flag` of timestamps.

    The timestamps die here. Minutes are whole, rounded; null where a time is missing.
    """
    duration = wave.get("duration") or {}
    used = {name for name in (duration.get("start"), duration.get("end"), wave.get("month")) if name}
    if missing := sorted(used - set(clock)):
        raise FindingsError(
            "wave.yaml takes times from columns that the export does not have.",
            **place,
            column=", ".join(missing),
            mend="correct `duration` or `month` in wave.yaml.",
        )
    offset = wave.get("utc_offset") or "+00:00"
    times = {name: _instants(column, name, offset, place) for name, column in clock.items()}
    out: dict[str, Any] = {"interview_month": pd.NA, "interview_minutes": pd.NA, "duration_flag": pd.NA}
    if wave.get("month"):
        sign = -1 if offset.startswith("-") else 1
        local = times[wave["month"]] + sign * pd.Timedelta(offset.lstrip("+-") + ":00")
        out["interview_month"] = local.dt.strftime("%Y-%m")
    if duration.get("start") and duration.get("end"):
        minutes = (times[duration["end"]] - times[duration["start"]]).dt.total_seconds() / 60
        out["interview_minutes"] = minutes.round().astype("Int64").astype("string")
        flag = pd.Series("ok", index=minutes.index, dtype="string")
        flag[minutes < duration.get("minimum_minutes", 0)] = "under_minimum"
        flag[minutes > duration.get("maximum_minutes", float("inf"))] = "over_maximum"
        out["duration_flag"] = flag.mask(minutes.isna())
    return out


def _instants(column: pd.Series, name: str, offset: str, place: dict[str, Any]) -> pd.Series:
    """UTC instants; a timestamp without an offset is local time at `offset`; anything but ISO 8601 stops."""
    text = column.str.strip()
    parts = text.str.extract(f"^{_ISO}$").rename(columns={0: "day", 1: "time", 2: "zone"})
    hour = parts["time"].str[1:].str.replace(",", ".").fillna("00:00")
    joined = parts["day"] + "T" + hour + parts["zone"].fillna(offset)
    instants = pd.to_datetime(joined.astype(object), format="ISO8601", utc=True, errors="coerce")
    odd = text.notna() & instants.isna()
    if odd.any():
        raise FindingsError(
            "Times are not in the format YYYY-MM-DDThh:mm:ss (ISO 8601).",
            **place,
            column=name,
            rows=data_rows(odd),
            mend="export it again from the survey tool; a spreadsheet may have changed the dates.",
        )
    return instants

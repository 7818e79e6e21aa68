"""What a reader may know of the differences between waves: the instruments, the verdicts, and no withheld number.

Codes, labels and wordings are of the instruments, which are public; nothing here was written by a respondent.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

WITHHELD = "withheld"


def released(differences: Mapping[str, Any], comparability: Mapping[str, Any], published: Set[str]) -> dict[str, Any]:
    """Content of the release's wave_diff.json: wave_diff.json and comparability.json of a wave together.

    A reason that rests on a shift whose row is not among the `published` keys says that it is withheld, and no more.
    """

    def shown(reason: Mapping[str, Any]) -> dict[str, Any]:
        if reason.get("key", "") in {"", *published}:
            return dict(reason)
        return {"code": WITHHELD, "verdict": reason["verdict"]}

    judged = {
        kind: {
            name: {**entry, "reasons": [shown(reason) for reason in entry["reasons"]]}
            for name, entry in comparability[kind].items()
        }
        for kind in ("columns", "levels")
    }
    return {**differences, "earlier": comparability["earlier"], "waves": comparability["waves"], **judged}

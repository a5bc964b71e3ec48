"""What a page draws of a model: its curves beside the best simple guess's, week by week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from milepost.predict import measures
from milepost.predict.measures import Flags, Floats
from milepost.predict.rows import Rows
from milepost.predict.said import GRID, Curve, Drawn, Week

#: Of a day with fewer of either outcome an AUC is chance.
_ON_A_DAY: Final = 10


def drawn(rows: Rows, figure: Floats, rivals: Mapping[str, Floats], best: str) -> Drawn:
    """Of rows of known outcome, by a figure that is higher where it is likelier."""
    rival = rivals[best]
    if measures.auc(rows.happened, rival) < 0.5:
        rival = -rival
    weeks = []
    for day in np.unique(rows.at):
        those = rows.at == day
        did = rows.happened[those]
        few = min(int(did.sum()), int((~did).sum())) < _ON_A_DAY
        auc, theirs = (None if few else measures.auc(did, one[those]) for one in (figure, rival))
        weeks.append(Week(int(day), len(did), int(did.sum()), auc, theirs))
    return Drawn(curve(rows.happened, figure), curve(rows.happened, rival), weeks)


def curve(happened: Flags, figure: Floats) -> Curve:
    """Rows of the same figure are named together."""
    order = np.argsort(-figure, kind="stable")
    ranked, did = figure[order], happened[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found, named = np.cumsum(did)[ends], ends + 1
    share_found = np.concatenate([[0.0], found / max(int(did.sum()), 1)])
    share_others = np.concatenate([[0.0], (named - found) / max(int((~did).sum()), 1)])
    roc = np.interp(GRID, share_others, share_found)
    at = [int(np.searchsorted(share_found[1:], share - 1e-12)) for share in GRID]
    return Curve([round(float(one), 4) for one in roc], [round(float(found[one] / named[one]), 4) for one in at])

"""Arranging a dashboard: what a button, or a card that was dragged, makes of its cards."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from milepost.dashboard.questions.kept import WIDTHS, Card


def arranged(cards: Sequence[Card], command: str) -> tuple[Card, ...]:
    """`add:ID`, `remove:ID`, `earlier:ID`, `later:ID`, `narrower:ID`, `wider:ID`, or `order:ID,ID,...`; anything else
    does nothing."""
    word, _, rest = command.partition(":")
    ids = [found for text in rest.split(",") if (found := _id(text)) is not None]
    if not ids:
        return tuple(cards)
    if word == "order":
        places = {report_id: place for place, report_id in enumerate(ids)}
        # A card that somebody else added meanwhile stays, at the end.
        return tuple(sorted(cards, key=lambda card: places.get(card.report_id, len(places))))
    if word == "add":
        known = any(card.report_id == ids[0] for card in cards)
        return tuple(cards) if known else (*cards, Card(ids[0]))
    at = next((place for place, card in enumerate(cards) if card.report_id == ids[0]), None)
    if at is None:
        return tuple(cards)
    after = list(cards)
    if word == "remove":
        del after[at]
    elif word in ("narrower", "wider"):
        to = WIDTHS.index(after[at].width) + (1 if word == "wider" else -1)
        after[at] = msgspec.structs.replace(after[at], width=WIDTHS[min(max(to, 0), len(WIDTHS) - 1)])
    elif word in ("earlier", "later"):
        to = at + (1 if word == "later" else -1)
        if 0 <= to < len(after):
            after[at], after[to] = after[to], after[at]
    return tuple(after)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None

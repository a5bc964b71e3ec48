"""Who is who in plain Python: ties in the order they were made, and whose each event is by them (docs/segment.md)."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple


class Sent(NamedTuple):
    """An event as its sender names its owner."""

    customer: str | None
    user: str | None
    visitor: str | None
    session: str | None
    day: int


class Tie(NamedTuple):
    """`at`: its place among everything that was stored and tied."""

    tie_id: str
    call: str
    kind: str
    from_id: str
    to_id: str
    at: int


class Identity:
    """Everything that was stored, tied and undone, and what follows from it."""

    def __init__(self) -> None:
        self.events: dict[str, tuple[Sent, int]] = {}
        #: Standing ties by their id, in the order they were made; and by whose they are, `group` apart from the others.
        self._ties: dict[str, Tie] = {}
        self._of: defaultdict[tuple[bool, str, str], list[Tie]] = defaultdict(list)
        self._clock = 0

    def store(self, event_id: str, event: Sent) -> None:
        """An event that is there already stays as it is."""
        self._clock += 1
        self.events.setdefault(event_id, (event, self._clock))

    def changes(self, call: str, kind: str, from_id: str, to_id: str) -> bool:
        """Whether a tie would say anything new."""
        if call == "group":
            return self._customer(kind, from_id, self._clock) != to_id
        if kind == "user" and from_id == to_id:
            return False
        return self._next(kind, from_id) != to_id or (kind == "user" and self._final(from_id) == from_id)

    def tie(self, tie_id: str, call: str, kind: str, from_id: str, to_id: str) -> None:
        self._clock += 1
        tie = Tie(tie_id, call, kind, from_id, to_id, self._clock)
        self._ties[tie_id] = tie
        self._of[call == "group", kind, from_id].append(tie)

    def standing(self) -> list[str]:
        """Ids of the ties that stand, oldest first."""
        return list(self._ties)

    def undo(self, tie_id: str) -> None:
        tie = self._ties.pop(tie_id)
        self._of[tie.call == "group", tie.kind, tie.from_id].remove(tie)

    def owners(self) -> dict[str, tuple[str, str | None, str]]:
        """The customer, the user and how the customer is known, by event id."""
        return {event_id: self._owner(sent, at) for event_id, (sent, at) in self.events.items()}

    def _owner(self, sent: Sent, at: int) -> tuple[str, str | None, str]:
        said = sent.user or (self._next("anonymous", sent.visitor) if sent.visitor else None)
        user = self._final(said) if said else None
        if sent.customer:
            return sent.customer, user, "sent"
        for kind, id_ in (("user", user), ("user", said), ("anonymous", sent.visitor)):
            if id_ and (customer := self._customer(kind, id_, at)):
                return customer, user, "user"
        guess = user or sent.visitor
        assert guess is not None
        return guess, user, "guess"

    def _deciding(self, kind: str, id_: str) -> Tie | None:
        own = self._of[False, kind, id_]
        return own[-1] if own else None

    def _next(self, kind: str, id_: str) -> str | None:
        tie = self._deciding(kind, id_)
        return tie.to_id if tie else None

    def _final(self, user: str) -> str:
        path: list[Tie] = []
        seen = [user]
        while tie := self._deciding("user", seen[-1]):
            path.append(tie)
            if tie.to_id in seen:
                ring = path[seen.index(tie.to_id) :]
                return max(ring, key=lambda one: one.at).to_id
            seen.append(tie.to_id)
        return seen[-1]

    def _customer(self, kind: str, id_: str, at: int) -> str | None:
        own = self._of[True, kind, id_]
        before = [tie for tie in own if tie.at <= at]
        return before[-1].to_id if before else own[0].to_id if own else None

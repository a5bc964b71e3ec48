"""Who is who in plain Python: ties in the order they were made, and whose each event is by them (docs/segment.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass
class Identity:
    """Everything that was stored, tied and undone, and what follows from it."""

    ties: list[Tie] = field(default_factory=list)
    events: dict[str, tuple[Sent, int]] = field(default_factory=dict)
    _clock: int = 0

    def store(self, event_id: str, event: Sent) -> None:
        self._clock += 1
        self.events[event_id] = (event, self._clock)

    def tie(self, tie_id: str | None, call: str, kind: str, from_id: str, to_id: str) -> bool:
        """Whether it changed anything."""
        self._clock += 1
        if call == "group":
            changed = self._customer(kind, from_id, self._clock) != to_id
        elif kind == "user" and from_id == to_id:
            changed = False
        else:
            changed = self._next(kind, from_id) != to_id or (kind == "user" and self._final(from_id) == from_id)
        if changed and tie_id is not None:
            self.ties.append(Tie(tie_id, call, kind, from_id, to_id, self._clock))
        return changed

    def nth_standing(self, n: int) -> str | None:
        return self.ties[n % len(self.ties)].tie_id if self.ties else None

    def undo(self, tie_id: str) -> None:
        self.ties = [tie for tie in self.ties if tie.tie_id != tie_id]

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
        own = [tie for tie in self.ties if tie.call != "group" and (tie.kind, tie.from_id) == (kind, id_)]
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
        own = [tie for tie in self.ties if tie.call == "group" and (tie.kind, tie.from_id) == (kind, id_)]
        before = [tie for tie in own if tie.at <= at]
        return before[-1].to_id if before else own[0].to_id if own else None

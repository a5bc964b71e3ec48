"""Customers and people, as methods: with a secret key."""

from __future__ import annotations

from typing import Literal

from milepost.notebook.answer import Answer
from milepost.notebook.asking import Asking, Day, Filters
from milepost.vocabulary import EventType

Shown = Literal["all", "active", "away", "new", "gone_quiet"]
Status = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]


class Customers(Asking):
    """Lists have `limit` rows; `data["next"]` of an answer is the `cursor` of the rows after them."""

    def find_customers(
        self,
        q: str | None = None,
        *,
        sort: str = "-last_seen",
        status: Status = "all",
        min_score: float | None = None,
        max_score: float | None = None,
        weakest: str | None = None,
        tag: str | None = None,
        owner: str | None = None,
        filters: Filters | None = None,
        segment: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Answer:
        """Customers, searched by a part of their name or id, filtered and sorted: a row a customer."""
        return self._read(
            "find_customers", q=q, sort=sort, status=status, min_score=min_score, max_score=max_score, weakest=weakest,
            tag=tag, owner=owner, filters=filters, segment=segment, limit=limit, cursor=cursor,
        )  # fmt: skip

    def customer(self, customer_id: str) -> Answer:
        """Name, traits and insights: one row."""
        return self._read("customer", customer_id=customer_id)

    def explain_score(self, customer_id: str) -> Answer:
        """Every number of the score, with its components: one row."""
        return self._read("explain_score", customer_id=customer_id)

    def score_history(
        self, customer_id: str, *, start: Day | None = None, end: Day | None = None, plan_version: int | None = None
    ) -> Answer:
        """A row a day, of the last 90 where nobody says."""
        return self._read("score_history", customer_id=customer_id, start=start, end=end, plan_version=plan_version)

    def customer_people(
        self, customer_id: str, *, q: str | None = None, show: Shown = "all", sort: str = "-events_28"
    ) -> Answer:
        """Who uses the product there: a row a person; `data` has the software and what is worth a look. `q` is a part
        of an id, name, role or address; `sort` names a column, with a minus for downwards."""
        return self._read("customer_people", customer_id=customer_id, q=q, show=show, sort=sort)

    def person(self, user_id: str) -> Answer:
        """What a person did: a row a customer."""
        return self._read("person", user_id=user_id)

    def customer_events(
        self, customer_id: str, *, event_type: EventType | None = None, limit: int = 50, cursor: str | None = None
    ) -> Answer:
        """The newest events, a row each."""
        return self._read("customer_events", customer_id=customer_id, event_type=event_type, limit=limit, cursor=cursor)

    def customer_sessions(self, customer_id: str, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """The newest sessions, a row each."""
        return self._read("customer_sessions", customer_id=customer_id, limit=limit, cursor=cursor)

    def customer_actions(self, customer_id: str, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """What happened offline, newest first, a row each."""
        return self._read("customer_actions", customer_id=customer_id, limit=limit, cursor=cursor)

    def customer_practice(self, customer_id: str) -> Answer:
        """Practice against results."""
        return self._read("customer_practice", customer_id=customer_id)

    def customer_recommendations(self, customer_id: str) -> Answer:
        """What the coach recommends, best first, a row each."""
        return self._read("customer_recommendations", customer_id=customer_id)

    def customer_notes(self, customer_id: str, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """The team's notes, a row each."""
        return self._read("customer_notes", customer_id=customer_id, limit=limit, cursor=cursor)

    def customer_tasks(
        self, customer_id: str, *, done: bool | None = None, limit: int = 50, cursor: str | None = None
    ) -> Answer:
        """The team's tasks for a customer, a row each."""
        return self._read("customer_tasks", customer_id=customer_id, done=done, limit=limit, cursor=cursor)

    def customer_tags(self, customer_id: str) -> Answer:
        """A customer's tags, a row each."""
        return self._read("customer_tags", customer_id=customer_id)

    def customer_trait_history(self, customer_id: str) -> Answer:
        """What each trait has been, newest first, a row each."""
        return self._read("customer_trait_history", customer_id=customer_id)

    def customer_points(self, customer_id: str) -> Answer:
        """Points, level, badges and streak."""
        return self._read("customer_points", customer_id=customer_id)

    def customer_ledger(self, customer_id: str, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """What each point was for, newest first, a row each."""
        return self._read("customer_ledger", customer_id=customer_id, limit=limit, cursor=cursor)

"""What concerns all customers, as methods: with a secret key."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from milepost.notebook.answer import Answer
from milepost.notebook.asking import Asking, Day

State = Literal["open", "made", "shown", "accepted", "dismissed", "done", "expired", "all"]
Handled = Literal["todo", "snoozed", "done", "dismissed"]


class Team(Asking):
    """Lists have `limit` rows; `data["next"]` of an answer is the `cursor` of the rows after them."""

    def event_names(self, q: str | None = None, *, limit: int = 500) -> Answer:
        """Every name of an event and what it means, a row each."""
        return self._read("event_names", q=q, limit=limit)

    def traits(self, *, of: Literal["customer", "person"] | None = None) -> Answer:
        """Every trait there is, a row each."""
        return self._read("traits", of=of)

    def plan(self) -> Answer:
        """The tracking plan as it is written: `data` is its text (TOML)."""
        return self._read("plan")

    def plan_status(self) -> Answer:
        """Which version is in force, and how many customers have come to it."""
        return self._read("plan_status")

    def predictions(self, target: str = "goes_quiet", *, limit: int = 100) -> Answer:
        """The likeliest first, a row a customer; `data` says what the model is worth."""
        return self._read("predictions", target=target, limit=limit)

    def playbooks(self) -> Answer:
        """Playbooks with their lift, a row each."""
        return self._read("playbooks")

    def playbook_replay(self, playbook: str) -> Answer:
        """Whom a playbook would have picked in the past, and what came of them."""
        return self._read("playbook_replay", playbook=playbook)

    def open_actions(
        self,
        *,
        state: State | None = None,
        playbook: str | None = None,
        handled: Handled | None = None,
        assignee: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Answer:
        """Everybody's recommendations, best first, a row each."""
        return self._read(
            "open_actions", state=state, playbook=playbook, handled=handled, assignee=assignee, limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def tasks(
        self,
        *,
        assignee: str | None = None,
        done: bool | None = None,
        due_before: Day | None = None,
        customer_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Answer:
        """Everybody's tasks, a row each."""
        return self._read(
            "tasks", assignee=assignee, done=done, due_before=due_before, customer_id=customer_id, limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def tags(self, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """Every tag and how many customers have it, a row each."""
        return self._read("tags", limit=limit, cursor=cursor)

    def run_sql(self, sql: str, *, rows: int = 1000) -> Answer:
        """The answer of one `select` over the schema `reporting` (docs/sql.md), a row each."""
        return self._read("run_sql", sql=sql, rows=rows)

    def alerts(self) -> Answer:
        """What is watched, and whether it holds just now, a row each."""
        return self._read("alerts")

    def one_alert(self, alert_id: str, *, customers: int = 50) -> Answer:
        """Of whom an alert holds just now, and why: a row a customer."""
        return self._read("one_alert", alert_id=alert_id, customers=customers)

    def segments(self) -> Answer:
        """The saved segments, a row each; who is in one: `find_customers(segment=...)`."""
        return self._read("segments")

    def cohorts(self) -> Answer:
        """The saved cohorts, a row each."""
        return self._read("cohorts")

    def cohort_customers(self, cohort_id: UUID | str, *, limit: int = 100, offset: int = 0) -> Answer:
        """Who is in a cohort now, a row each."""
        return self._read("cohort_customers", cohort_id=str(cohort_id), limit=limit, offset=offset)

    def annotations(
        self, *, first: Day | None = None, last: Day | None = None, limit: int = 50, cursor: str | None = None
    ) -> Answer:
        """What happened on which day, a row each."""
        return self._read("annotations", first=first, last=last, limit=limit, cursor=cursor)

    def leaderboard(self, *, everyone: bool = False, limit: int = 50) -> Answer:
        """Points of the last 28 days, best first, a row each."""
        return self._read("leaderboard", everyone=everyone, limit=limit)

    def score_worth(self) -> Answer:
        """Whether the score holds up on this server's own data."""
        return self._read("score_worth")

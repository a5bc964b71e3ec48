"""A customer's own part, as methods: with a customer's token."""

from __future__ import annotations

from milepost.notebook.answer import Answer
from milepost.notebook.asking import Asking, Day
from milepost.vocabulary import EventType


class Own(Asking):
    """What a customer's token reads: the customer it was made for, and nothing else."""

    def my_standing(self) -> Answer:
        """Name, traits and insights: one row."""
        return self._read("my_standing")

    def explain_my_score(self) -> Answer:
        """Every number of the score, with its components: one row."""
        return self._read("explain_my_score")

    def my_score_history(
        self, *, start: Day | None = None, end: Day | None = None, plan_version: int | None = None
    ) -> Answer:
        """A row a day, of the last 90 where nobody says."""
        return self._read("my_score_history", start=start, end=end, plan_version=plan_version)

    def my_events(self, *, event_type: EventType | None = None, limit: int = 50, cursor: str | None = None) -> Answer:
        """The newest events, a row each."""
        return self._read("my_events", event_type=event_type, limit=limit, cursor=cursor)

    def my_sessions(self, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """The newest sessions, a row each."""
        return self._read("my_sessions", limit=limit, cursor=cursor)

    def my_actions(self, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """What happened offline, newest first, a row each."""
        return self._read("my_actions", limit=limit, cursor=cursor)

    def my_practice(self) -> Answer:
        """Practice against results."""
        return self._read("my_practice")

    def my_recommendations(self) -> Answer:
        """The next steps, best first, a row each."""
        return self._read("my_recommendations")

    def my_points(self) -> Answer:
        """Points, level, badges and streak."""
        return self._read("my_points")

    def my_ledger(self, *, limit: int = 50, cursor: str | None = None) -> Answer:
        """What each point was for, newest first, a row each."""
        return self._read("my_ledger", limit=limit, cursor=cursor)

    def my_leaderboard(self, *, limit: int = 10) -> Answer:
        """Who takes part, best first, a row each."""
        return self._read("my_leaderboard", limit=limit)

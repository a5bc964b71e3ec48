"""Conditions on `s.customer_id` that lists and segments share: a status, a search, a tag, the weakest competency."""

from __future__ import annotations

from typing import Final, Literal, get_args

from psycopg import sql

from milepost.insights.at_risk import FLAGGED
from milepost.store.queries import load

Status = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
STANDING: Final = sql.SQL("milepost.standing s")
#: Where a snapshot decides, those that are not settled yet (a second at most) come when they are.
SNAPSHOTS: Final = sql.SQL("milepost.snapshots n join milepost.standing s using (customer_id)")
#: What of `s` or `n` each takes, with the time of `now`.
IN_STATUS: Final[dict[Status, sql.Composable]] = {
    "all": sql.SQL("true"),
    "active": sql.SQL("s.last_event_at > %(now)s::timestamptz - interval '7 days'"),
    "quiet": sql.SQL("s.last_event_at <= %(now)s::timestamptz - interval '14 days'"),
    "improving": sql.SQL("n.professional_credibility_trend = 'improving'"),
    "declining": sql.SQL("n.professional_credibility_trend = 'declining'"),
    "at_risk": FLAGGED,
}
OF_SNAPSHOTS: Final = ("improving", "declining", "at_risk")
_SQL = load("milepost.insights", "read.sql")


def matches(like: str = "like") -> sql.Composable:
    """Whom a search finds, as a subquery; `like` names the value that has the pattern."""
    return sql.SQL(_SQL["customer_matches"]).format(like=sql.Placeholder(like))


def pattern(text: str) -> str:
    """What `matches` looks for: a part of a name or an id."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")
    return f"%{plain}%"


def has_status(statuses: tuple[Status, ...]) -> sql.Composable:
    """A condition that any of these is so; it takes `now`."""
    parts = [
        sql.SQL("s.customer_id in (select s.customer_id from {} where {})").format(
            SNAPSHOTS if one in OF_SNAPSHOTS else STANDING, IN_STATUS[one]
        )
        for one in statuses
    ]
    return sql.SQL("({})").format(sql.SQL(" or ").join(parts))


def has_tag(tags: str | None) -> sql.Composable:
    """A condition that a customer has any of the tags in the value called `tags`; None: any at all."""
    which = sql.SQL("true") if tags is None else sql.SQL("tag_key = any({}::text[])").format(sql.Placeholder(tags))
    return sql.SQL("s.customer_id in (select customer_id from milepost.tags where {})").format(which)


def has_weakest(competencies: str | None) -> sql.Composable:
    """A condition that the weakest competency is any of those in the value `competencies`; None: there is one."""
    which = (
        sql.SQL("weakest_competency is not null")
        if competencies is None
        else sql.SQL("weakest_competency = any({}::text[])").format(sql.Placeholder(competencies))
    )
    return sql.SQL("s.customer_id in (select customer_id from milepost.snapshots where {})").format(which)

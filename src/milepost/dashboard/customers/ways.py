"""From a customer to the questions about them alone."""

from __future__ import annotations

from typing import NamedTuple

from milepost.dashboard.questions.address import FilterRow, Pairs, address_of, filter_pairs, join_values


class Way(NamedTuple):
    """A link to a question's page."""

    href: str
    icon: str
    label: str


def ways_to_ask(customer_id: str) -> tuple[Way, ...]:
    only = filter_pairs((FilterRow("customer_id", value=join_values([customer_id])),))

    def way(path: str, icon: str, label: str, *more: tuple[str, str]) -> Way:
        pairs: Pairs = [*only, *more]
        return Way(address_of(path, pairs), icon, label)

    return (
        way("/trends", "chart-line", "How much they do, day by day"),
        way("/trends", "chart-line", "What they do, by the names of events", ("by", "event_name")),
        way("/tools", "wrench", "Which tools they use"),
        way("/sessions", "timer", "How long their sessions are"),
        way("/funnels", "funnel", "How far their people get", ("unit", "user")),
        way("/paths", "waypoints", "What their people do next", ("unit", "user"), ("per", "unit")),
    )

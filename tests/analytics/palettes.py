"""What is worth asking of each set of events."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

from milepost.analytics.asking import EventKind, Filter, Operator, Period, WeekStart
from milepost.analytics.cohorts import Are, Definition, Did
from tests.analytics.generated import CHANGES, TEXTS
from tests.analytics.requests import Palette

WEEK_STARTS: tuple[WeekStart, ...] = ("monday", "sunday", "saturday")
COLUMNS = (
    "customer_id", "user_id", "session_id", "event_type", "event_name", "actor_type", "tool_id", "tool_section",
    "business_impact", "competency_area", "current_arr", "target_arr", "growth_stage", "device_type", "browser",
    "page_url", "referrer", "referrer_source", "time_on_page", "session_duration",
)  # fmt: skip
TRAITS = ("trait.plan", "trait.tags", "trait.seats", "trait.vip", "trait.none", "person.role", "person.seats")
_COMPARING: tuple[Operator, ...] = ("above", "at_least", "below", "at_most")
#: Saved cohorts, by their ids: they mean something for every set of events.
COHORTS = {
    "0196f0e0-0000-7000-8000-000000000001": Definition(
        conditions=(Did(days=30), Did(event=EventKind(event_type="export_action"), at_most=2, days=3660))
    ),
    "0196f0e0-0000-7000-8000-000000000002": Definition(
        match="any",
        conditions=(
            Are(filter=Filter(field="insight.growth_stage", values=("mature_scaling",))),
            Did(event=EventKind(event_type="navigation"), at_least=3, days=10),
            Are(filter=Filter(field="customer_id", values=("acme", "Äcme 🏢"))),
        ),
    ),
    "0196f0e0-0000-7000-8000-000000000003": Definition(conditions=(Did(at_most=0, days=7),)),
    "0196f0e0-0000-7000-8000-000000000004": Definition(
        match="any",
        conditions=(
            Are(filter=Filter(field="trait.plan", op="is_not", values=("pro", ""))),
            Are(filter=Filter(field="trait.seats", op="at_least", values=(5,))),
        ),
    ),
}
#: Conditions on customers, which every set of events can be asked.
ON_CUSTOMERS = (
    Filter(field="insight.total_events", op="above", values=(20,)),
    Filter(field="insight.total_events", op="at_most", values=(60,)),
    Filter(field="insight.growth_stage", values=("early_scaling", "mature_scaling")),
    Filter(field="insight.growth_stage", op="is_not", values=("early_scaling",)),
    Filter(field="insight.growth_stage", op="is_not_set"),
    Filter(field="trait.plan", values=("pro", "te\tam'")),
    Filter(field="trait.plan", op="is_not", values=("free",)),
    Filter(field="trait.plan", values=("", "free")),
    Filter(field="trait.plan", op="is_not_set"),
    Filter(field="trait.plan", op="contains", values=("PRO",)),
    Filter(field="trait.tags", values=("b",)),
    Filter(field="trait.tags", op="is_not", values=("a", "c d")),
    Filter(field="trait.seats", op="above", values=(2,)),
    Filter(field="trait.seats", values=(0, 5.0)),
    Filter(field="trait.seats", op="below", values=("4.5",)),
    Filter(field="trait.renewal", op="at_least", values=("2018-06-01",)),
    Filter(field="trait.vip", values=("true",)),
    Filter(field="trait.none", op="is_not_set"),
    Filter(field="person.role", values=("admin", "")),
    Filter(field="person.role", op="not_contains", values=("МАРШ",)),
    Filter(field="person.seats", op="at_most", values=(3,)),
    *(Filter(field="cohort", values=(cohort,)) for cohort in COHORTS),
    Filter(field="cohort", op="is_not", values=tuple(COHORTS)[:1]),
)


def of_shop() -> Palette:
    """Periods with Europe's change of 2020-03-29, America's of 2019-11-03 and Lord Howe's of 2020-04-05."""
    zones = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
    spans = (
        (date(2019, 11, 1), date(2020, 4, 29)),
        (date(2019, 11, 13), date(2019, 12, 4)),
        (date(2020, 3, 20), date(2020, 4, 8)),
        (date(2018, 1, 1), date(2018, 1, 31)),
    )
    names = ("main", "catalog", "product2", "cart", "delivery_choice", "payment_done")
    return Palette(
        periods=[*_periods(zones, spans), Period(days=90), Period(days=14, timezone="Europe/Berlin")],
        short=_periods(zones, ((date(2020, 3, 28), date(2020, 3, 30)), (date(2019, 11, 2), date(2019, 11, 5)))),
        kinds=[
            *(EventKind(tool_id=name, name=name) for name in names),
            EventKind(event_type="navigation"),
            EventKind(event_type="content_interaction"),
            EventKind(event_type="export_action"),
            EventKind(filters=(Filter(field="tool_section", values=("delivery", "payment")),)),
            EventKind(),
        ],
        filters=[
            Filter(field="device_type", values=("desktop", "mobile")),
            Filter(field="device_type", op="is_not", values=("mobile",)),
            Filter(field="user_id", op="is_set"),
            Filter(field="metadata.weight", op="at_least", values=(7,)),
            Filter(field="page_url", op="contains", values=("SHOP", "/cart")),
            Filter(field="time_on_page", op="below", values=(30_000,)),
            *ON_CUSTOMERS,
        ],
        fields=("tool_id", "tool_section", "device_type", "browser", "event_type", "metadata.weight", "customer_id",
                "user_id", "referrer_source", "trait.plan", "trait.tags", "person.role"),
        windows=(1, 30, 600, 3600, 86_400, 30 * 86_400),
    )  # fmt: skip


def of_oulad() -> Palette:
    zones = ("Europe/Berlin", "UTC", "America/Sao_Paulo")
    spans = (
        (date(2013, 1, 1), date(2014, 6, 30)),
        (date(2013, 10, 15), date(2013, 11, 20)),
        (date(2014, 3, 1), date(2014, 4, 10)),
    )
    names = ("homepage", "forumng", "oucontent", "quiz", "submit_TMA", "resource")
    return Palette(
        periods=[*_periods(zones, spans), Period(days=60, timezone="America/New_York")],
        short=_periods(zones, ((date(2013, 10, 26), date(2013, 10, 28)), (date(2013, 10, 19), date(2013, 10, 21)))),
        kinds=[*(EventKind(tool_id=name) for name in names), EventKind(event_type="navigation"), EventKind()],
        filters=[
            Filter(field="metadata.course", values=("AAA",)),
            Filter(field="metadata.clicks", op="above", values=(3,)),
            Filter(field="tool_id", op="not_contains", values=("ou", "PAGE")),
            Filter(field="user_id", op="is_not_set"),
            *ON_CUSTOMERS,
        ],
        fields=(
            "tool_id",
            "tool_section",
            "metadata.course",
            "metadata.clicks",
            "customer_id",
            "device_type",
            "trait.plan",
            "trait.seats",
        ),
        windows=(60, 86_400, 7 * 86_400),
    )


def of_hard() -> Palette:
    periods: list[Period] = [
        Period(days=20),
        Period(days=1, timezone="Australia/Lord_Howe"),
        Period(first=date(2018, 11, 1), timezone="America/Sao_Paulo"),
        Period(days=9, last=date(2018, 10, 30), timezone="Europe/Berlin"),
        Period(first=date(2018, 11, 10), last=date(2018, 12, 10)),
        Period(range="this_month", timezone="America/Sao_Paulo"),
        Period(range="last_quarter", timezone="Europe/Berlin"),
        Period(range="this_week", week_start="sunday"),
        Period(first=date(2017, 1, 1), last=date(2017, 1, 31)),
        Period(first=date(2018, 2, 10), last=date(2018, 11, 25), timezone="America/New_York"),
    ]
    short: list[Period] = []
    for place, (zone, changes) in enumerate(CHANGES.items()):
        for change in changes:
            day = datetime.fromisoformat(change).date()
            week_start = WEEK_STARTS[place % 3]
            for before, after, into in ((1, 1, short), (0, 0, short), (9, 9, periods), (3, 30, periods)):
                into.append(
                    Period(
                        first=day - timedelta(days=before),
                        last=day + timedelta(days=after),
                        timezone=zone,
                        week_start=week_start,
                    )
                )
    return Palette(
        periods=periods,
        short=short,
        kinds=[
            EventKind(),
            EventKind(tool_id="a"),
            EventKind(tool_id="b", name="\u00e9 🧭"),
            EventKind(event_type="tool_usage"),
            EventKind(event_type="export_action", tool_id="a"),
            EventKind(filters=(Filter(field="metadata.n", op="is_set"),)),
            EventKind(tool_id=TEXTS[0]),
            EventKind(event_name="Invoice Sent"),
        ],
        filters=[*every_filter(), *ON_CUSTOMERS],
        fields=[*COLUMNS, "metadata.n", "metadata.x.y", "metadata.ключ", "metadata.it's", *TRAITS],
    )


def every_filter() -> list[Filter]:
    """Every operator on every field, with values that some event has."""
    values: dict[str, tuple[str | float, ...]] = {
        "customer_id": ("acme", "a'b\n"),
        "user_id": ("u", "🙂"),
        "session_id": ("ses\\sion", "🧵"),
        "event_type": ("tool_usage",),
        "event_name": (TEXTS[1], "Invoice Sent"),
        "actor_type": ("agent", "service"),
        "tool_id": ("a", *TEXTS),
        "tool_section": ("one", ""),
        "business_impact": ("high",),
        "competency_area": ("🎓",),
        "current_arr": ("$2M",),
        "target_arr": ("",),
        "growth_stage": ("mature_scaling", "rapid_scaling"),
        "device_type": ("desktop",),
        "browser": ("Fire\\fox",),
        "page_url": ("/a\\b", "/"),
        "referrer": ("nowhere",),
        "referrer_source": ("example.org", "mail"),
        "time_on_page": (10,),
        "session_duration": (7, "5"),
        "metadata.n": (3, "true", "10"),
        "metadata.x": ("3", "\\N", 0.1),
        "metadata.x.y": ('[1, "two", null]', '{"b": 1, "aa": "é"}', "tab\there"),
        "metadata.ключ": ("МАРШРУТ", "e\u0301clair"),
        "metadata.it's": ('it\'s "quoted"', "line\nbreak", -3.5),
        "metadata.nowhere": ("", "x"),
    }
    parts = ("маршрут", "Ü", "N", "\\", "'", "o", "A", "\n", "%", "1")
    found: list[Filter] = []
    for place, (field, wanted) in enumerate(values.items()):
        part = (parts[place % len(parts)],)
        found += [
            Filter(field=field, values=wanted),
            Filter(field=field, op="is_not", values=wanted),
            Filter(field=field, op="is_set"),
            Filter(field=field, op="is_not_set"),
            Filter(field=field, op="contains", values=part),
            Filter(field=field, op="not_contains", values=part),
        ]
        if field in ("time_on_page", "session_duration") or field.startswith("metadata."):
            limits: tuple[float, ...] = (3, 10, -3.5) if field.startswith("metadata.") else (5, 10)
            found += [Filter(field=field, op=op, values=(limit,)) for op, limit in product(_COMPARING, limits)]
    return found


def _periods(zones: tuple[str, ...], spans: tuple[tuple[date, date], ...]) -> list[Period]:
    return [
        Period(first=first, last=last, timezone=zone, week_start=WEEK_STARTS[(place + other) % 3])
        for place, zone in enumerate(zones)
        for other, (first, last) in enumerate(spans)
    ]

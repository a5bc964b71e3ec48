"""Full, empty and absurd data for every page; deterministic, so that screenshots can be compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from msgspec.structs import replace

from milepost.analytics.asking import Period
from milepost.dashboard import views as v
from milepost.dashboard.customers.timeline import EventDetail, Timeline, TimelineEntry, Work, make_timeline
from milepost.dashboard.customers.view import Bar, Customer, Insight, ScorePart, SessionRow
from milepost.dashboard.overview.view import DayCount, DaySeries, Milestone, Need, Overview, Today, Trend
from milepost.insights.at_risk import Changed, against_own_past
from milepost.insights.at_risk import reason as fell
from milepost.insights.overview import Newcomer
from milepost.predict.said import Expected, ExpectedScore, Likely, Prediction, PredictionReason
from milepost.vocabulary import IMPACTS, ActionRole, Impact

Scenario = Literal["full", "empty", "absurd"]
SCENARIOS: Final[tuple[Scenario, ...]] = ("full", "empty", "absurd")
NOW: Final = datetime(2026, 11, 23, 15, 57, tzinfo=UTC)

NAMES: Final = (
    "Northwind Traders",
    "Blue Yonder Logistics",
    "Fabrikam",
    "Øresund Maritime A/S",
    "Kreuzberg Röstwerk",
    "Adatum Health",
    "Wide World Importers",
    "Contoso Energy",
    "Litware Learning",
    "Proseware",
    "Tailspin Toys",
    "Lucerne Publishing",
    "Humongous Insurance",
    "Alpine Ski House",
    "Margie's Travel",
)
EVIL: Final = '<script>document.title="pwned"</script><img src=x onerror=alert(1)>'
ABSURD_NAMES: Final = (
    EVIL,
    "شركة الأمل للتجارة الدولية المحدودة",
    "👩‍👩‍👧‍👦🚀🏳️‍🌈 Emoji & Söhne",
    "x" * 200,
    "\u202eright-to-left override\u202c {{ 7*7 }}",
    "Zа̀́̂̃̄lgo " + "\u0301" * 40,
    "   ",
    "\"quoted\" 'single' & <b>bold</b> \\ `tick` ${x}",
)
ABSURD_IDS: Final = ("../../etc/passwd?x=1#y", "a" * 200, "عميل-١", "🙂", "=HYPERLINK(1)", "-", "%00%2e", EVIL[:200])

ABSURD: Final = tuple(zip(ABSURD_IDS, ABSURD_NAMES, strict=True))


_EARLY = "Too early to say: first seen 3 days ago, and it takes 14 days."


def wave(index: int, scale: int) -> int:
    """Looks like a week of work: low at weekends, some growth."""
    weekday = (index + 5) % 7
    base = scale * (0.35 if weekday >= 5 else 1.0) * (0.7 + index / 90)
    return max(0, round(base * (1 + 0.18 * math.sin(index * 2.7))))


def days(count: int, value: Callable[[int], int]) -> tuple[DayCount, ...]:
    first = NOW.date() - timedelta(days=count - 1)
    return tuple(DayCount(first + timedelta(days=i), value(i)) for i in range(count))


#: What a full disk says above every page (store/room.py), in a folder as deep as they come.
ALARM = (
    f"The disk is full: 12 MB are free at /srv/{'milepost-of-the-whole-company/' * 4}data, 640 MB are needed. Make room"
    " there."
)


def shell(section: v.Section | None, names: Mapping[str, str] = MappingProxyType({})) -> v.Shell:
    return v.Shell(section=section, email="dana@example.com", now=NOW, zone=UTC, names=names)


def _series(scenario: Scenario) -> tuple[DaySeries, DaySeries]:
    def events(i: int) -> int:
        return {"full": wave(i, 2100), "empty": 0, "absurd": 10**12 if i == 3 else i % 2}[scenario]

    def customers(i: int) -> int:
        return {"full": wave(i, 410), "empty": 0, "absurd": 10**12 - i}[scenario]

    return (
        DaySeries("Events per day", "event", "events", days(30, events)),
        DaySeries("Active customers per day", "customer", "customers", days(30, customers), "line", True),
    )


def overview(scenario: Scenario) -> Overview:
    events, customers = _series(scenario)
    first, last = events.days[0].day, events.days[-1].day
    known = Overview(Today(), Period(), first, last, (), events, customers, counted_at=NOW)
    flat = (0,) * 30
    if scenario == "empty":
        figures = tuple(Trend(label, 0, 0, flat) for label in ("Active customers", "Events", "New customers"))
        return replace(known, figures=figures, last_event_at=NOW - timedelta(days=200))
    if scenario == "absurd":
        reason = "Active on 28 days in the last 28; usually on 28. Last seen 111 days ago."
        needs = tuple(Need(i, n, reason, n * 3, mine=k % 2 == 0, coach=n * 5) for k, (i, n) in enumerate(ABSURD))
        return replace(
            known,
            today=Today(
                needs,
                10**9,
                10**12,
                owns=True,
                due=100,
                risen=tuple(Changed(i, n * 3, reason) for i, n in ABSURD[:3]),
                likely=tuple(Likely(i, n * 3, 1.0, n * 5) for i, n in ABSURD[:3]),
            ),
            figures=(
                Trend("Events " * 8, 10**15, 1, tuple(d.count for d in events.days)),
                Trend("Sessions", 0, 10**12, flat),
                Trend("Exports", 3, None, (10**12, 1)),
            ),
            milestones=tuple(Milestone(i, n, NOW + timedelta(days=400), n * 5, i, 1e12) for i, n in ABSURD),
            came=tuple(Newcomer(customer_id=i, name=n, at=NOW + timedelta(days=400)) for i, n in ABSURD),
            last_event_at=NOW + timedelta(hours=23),
        )

    def trend(label: str, value: int, previous: int | None, mean: int) -> Trend:
        return Trend(label, value, previous, tuple(wave(k, mean) for k in range(30)))

    return replace(
        known,
        today=Today(
            needs=tuple(
                Need(f"c-1{k:04}", NAMES[-1 - k], reason, owner, mine=k < 3, coach=coach)
                for k, (reason, owner, coach) in enumerate(
                    (
                        (fell(0, 24.0, 31), "dana@example.com", "Build a first business case"),
                        (fell(2, 11.2, 9), "dana@example.com", ""),
                        (fell(1, 8.0, 12), "Dana@Example.com", "Open the ROI calculator"),
                        (fell(0, 12.3, 40), "lee@example.com", ""),
                        (fell(3, 9.0, 1), "", ""),
                    )
                )
            ),
            own=3,
            total=41,
            owns=True,
            likely=(
                Likely("c-00003", NAMES[3], 0.81, "Last seen 19 days ago; 3 days is usual."),
                Likely("c-00004", NAMES[4], 0.67, "Active on 1 day of the last 28, on 9 of the 28 before."),
            ),
            risen=(
                Changed("c-00001", NAMES[1], against_own_past(21, 6.0)),
                Changed("c-00002", NAMES[2], against_own_past(12, 4.4)),
            ),
        ),
        figures=(
            trend("Active customers", 1_204, 1_115, 410),
            trend("Events", 53_482, 48_310, 2_100),
            trend("Sessions", 12_961, 12_840, 480),
            trend("New customers", 37, 51, 2),
        ),
        milestones=tuple(
            Milestone(f"c-{k:05}", NAMES[k], NOW - timedelta(minutes=7 + 190 * k * k), text, area, points)
            for k, (text, area, points) in enumerate(
                (
                    ("Completed the first comprehensive ICP analysis", "customer_intelligence", 15),
                    ("Shared a cost of inaction report with the board", "value_communication", 20),
                    ("Third business case accepted", "sales_execution", None),
                    ("Rolled the rating framework out to the whole team", "systematic_optimization", 10),
                    ("Reached level 3", "customer_intelligence", 5),
                )
            )
        ),
        came=tuple(
            Newcomer(customer_id=f"c-2{k:04}", name=NAMES[5 + k], at=NOW - timedelta(days=1 + 3 * k)) for k in range(4)
        ),
        last_event_at=NOW - timedelta(seconds=12),
    )


def expected(scenario: Scenario) -> tuple[Expected, ...]:
    """What else is predicted of the customer."""
    if scenario == "absurd":
        return (Expected(EVIL, 365, 1.0, None, [PredictionReason("away", 1.0, EVIL * 3)] * 3),) * 20
    if scenario == "empty":
        return ()
    why = [PredictionReason("score", -4.1, "A score of 62, 71 four weeks before.")]
    return (
        Expected("Next milestone", 28, 0.34, None, []), Expected("Level up", 28, 0.08, None, []),
        Expected("Health in four weeks", 28, None, ExpectedScore(57.8, 49.2, 66.0), why),
    )  # fmt: skip


def outlook(scenario: Scenario) -> Prediction | None:
    """How likely the customer goes quiet."""
    if scenario == "empty":
        return None
    if scenario == "absurd":
        return Prediction("acme", 1.0, [PredictionReason("away", 99.9, EVIL + "y" * 400)] * 3, NOW.date())
    says = ("Last seen 12 days ago; 3 days is usual.", "Active on 2 days of the last 28, on 11 of the 28 before.")
    return Prediction(
        "acme", 0.674, [PredictionReason("away", 1.2, says[0]), PredictionReason("days", 0.8, says[1])], NOW.date()
    )


def customer(scenario: Scenario) -> Customer:
    if scenario == "empty":
        counters = tuple(v.Figure(label, 0) for label in ("Events", "Sessions", "Exports", "Resources"))
        return Customer(
            "new-customer", "new-customer", None, None, counters, Insight(None, reason=_EARLY), (), 0, Timeline(())
        )
    if scenario == "absurd":
        entries = tuple(
            TimelineEntry(
                str(k),
                NOW - timedelta(days=400 * k),
                n * 3,
                n * 9,
                i,
                IMPACTS[k % 3] if k % 4 else None,
                "outcome" if k % 2 else None,
                i,
                f"/customers/x/events/{k}",
            )
            for k, (i, n) in enumerate(ABSURD)
        )
        sessions = tuple(
            SessionRow(i, NOW - timedelta(days=k), 10**12, 10**12, (n,) * 30, 10**9, n, "https://" + "r" * 900)
            for k, (i, n) in enumerate(ABSURD)
        )
        bars = tuple(Bar(n, 1e9 if k % 2 else None) for k, n in enumerate(ABSURD_NAMES))
        parts = tuple(ScorePart(n, *((None,) * 3 if k % 2 else (-5.0, 0.2, -1.0))) for k, n in enumerate(ABSURD_NAMES))
        return Customer(
            ABSURD_IDS[1],
            EVIL + "y" * 140,
            datetime(2000, 1, 1, tzinfo=UTC),
            NOW + timedelta(hours=23),
            (
                v.Figure("Events", 10**12),
                v.Figure("Sessions", None),
                v.Figure("Points a week", 1e12, digits=1, hint=EVIL),
            ),
            Insight(100.0, 1.0, "declining", 1e12, bars, parts),
            sessions,
            10**12,
            make_timeline(entries, UTC, more_url="/customers/x/timeline?before=%22"),
            "$" * 200,
            "٪" * 200,
            "٪" * 200,
        )
    return _full_customer()


def _full_customer() -> Customer:
    steps: tuple[tuple[str, str, str, Impact, ActionRole | None], ...] = (
        ("Exported a PDF", "Business Case Builder, export", "stakeholder-report.pdf", "high", None),
        ("Used a tool", "Business Case Builder, assembly", "", "medium", None),
        (
            "Workshop: value story for the board",
            "",
            "90 minutes, 6 people. Next: a draft by Friday.",
            "high",
            "intervention",
        ),
        ("Made a resource", "ICP Analysis", "Buyer persona, 3 variants", "high", None),
        ("Opened a page", "/pricing", "", "low", None),
        ("Reached a milestone", "Customer intelligence", "First comprehensive ICP analysis (+15)", "high", None),
        ("Read content", "Resource Library, reading", "", "low", None),
        ("Deal won: 3-year renewal", "", "$240,000", "high", "outcome"),
        ("Used a tool", "Cost Calculator, results", "", "medium", None),
        ("Opened a page", "/dashboard", "", "low", None),
    )
    entries = tuple(
        TimelineEntry(
            f"e{k}",
            NOW - timedelta(minutes=9 + 150 * k * (1 + k // 4)),
            title,
            detail,
            where,
            impact,
            role,
            None if role else ("mara@northwind.example" if k % 3 else None),
            None if role else f"/customers/cust-30217/events/e{k}",
        )
        for k, (title, where, detail, impact, role) in enumerate(steps)
    )
    done: tuple[tuple[Work, str, str], ...] = (
        ("note", "They renew in May and want SSO before that. Sam decides, Kim signs.", ""),
        ("task", "Ask about the renewal", "Due 1 May 2026. With the figures of last month"),
        ("done", "Send the workshop’s notes", ""),
        ("tag", "Beta", ""),
    )
    entries += tuple(
        TimelineEntry(
            f"w{k}", NOW - timedelta(hours=3 * k, minutes=20), title, detail, user_id="dana@example.com", work=kind
        )
        for k, (kind, title, detail) in enumerate(done)
    )  # fmt: skip
    entries = tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))
    sessions = tuple(
        SessionRow(
            f"s{k}",
            NOW - timedelta(hours=26 * k, minutes=12),
            None if k == 0 else 252_000 * (k + 1),
            41 // (k + 1),
            ("Business Case Builder", "ICP Analysis")[: 1 + k % 2],
            2 if k % 3 == 0 else 0,
            ("Desktop, Firefox", "Mobile, Safari")[k % 2],
            "google.com" if k % 2 else None,
        )
        for k in range(6)
    )
    return Customer(
        "cust-30217",
        "Northwind Traders",
        NOW - timedelta(days=212),
        NOW - timedelta(minutes=3),
        (
            v.Figure("Events", 12_840),
            v.Figure("Tool sessions", 1_204),
            v.Figure("Exports", 93),
            v.Figure("Resources made", 61),
            v.Figure("Points a week", 18.4, 15.1, digits=1),
        ),
        Insight(
            71.6,
            0.85,
            "improving",
            18.4,
            (
                Bar("Customer intelligence", 84.0),
                Bar("Value communication", 66.0),
                Bar("Sales execution", 41.0),
                Bar("Systematic optimization", None),
            ),
            (
                ScorePart("Competencies", 64.0, 0.05, 3.2),
                ScorePart("Tools in use", 100.0, 0.05, 5.0),
                ScorePart("Active weeks", 75.0, 0.3, 22.5),
                ScorePart("Active days lately", 66.5, 0.2, 13.3),
                ScorePart("How recent", 70.0, 0.25, 17.5),
                ScorePart("Active days over months", 67.3, 0.15, 10.1),
                ScorePart("Outcomes", None, None, None),
            ),
            risks=("Irregular use: active in 3 weeks of the last 8; the plan expects 4.",),
        ),
        sessions,
        1_204,
        make_timeline(entries, UTC, more_url="/customers/cust-30217/timeline?before=abc"),
        "$2M+",
        "$10M",
        "Rapid scaling",
    )


def detail(scenario: Scenario) -> EventDetail:
    if scenario == "empty":
        return EventDetail((("event_id", "0193"),))
    text = EVIL if scenario == "absurd" else '{\n  "reportType": "executive-summary",\n  "pages": 12\n}'
    return EventDetail(
        (("event_id", "0193a1c0-7d52-7cc1-9e1c-6f0f3f0d0001"), ("session_id", "s1"), ("page_url", text)), text
    )

"""Generated events that are hard to get right: changes of the clock, ties, unusual texts, people hard to tell."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from milepost.vocabulary import ACTOR_TYPES, DEVICE_TYPES, EVENT_TYPES, IMPACTS
from tests.analytics.data import an_id, world
from tests.analytics.reference.events import Event, World
from tests.support.words import GROWTH_STAGES

#: Each zone with moments at which its clock is changed: by an hour at night, by half an hour, at midnight, by a day
#: (Samoa had no December 30); Chatham's hours begin at a quarter.
CHANGES = {
    "Europe/Berlin": ("2018-03-25T01:00", "2018-10-28T01:00"),
    "America/New_York": ("2018-03-11T07:00", "2018-11-04T06:00"),
    "Australia/Lord_Howe": ("2018-03-31T15:00", "2018-10-06T15:30"),
    "America/Sao_Paulo": ("2018-02-18T02:00", "2018-11-04T03:00"),
    "America/Havana": ("2018-03-11T05:00", "2018-11-04T05:00"),
    "Pacific/Chatham": ("2018-03-31T14:00", "2018-09-29T14:00"),
    "Pacific/Apia": ("2011-12-30T10:00",),
}
NOW = datetime(2018, 11, 20, 9, 30, tzinfo=UTC)
#: Texts whose order, case or escaping is easy to get wrong. The two clairs are different texts that look alike.
TEXTS = (
    "🧭 маршрут", "МАРШРУТ", "שלום", "مرحبا \u200fa", "e\u0301clair", "\u00e9clair", "it's \"quoted\"", "back\\slash",
    "\\N", "\\t", "tab\there", "line\nbreak", "return\rhere", "%", "_", "{x:String}", "%(x)s", "NULL", " ", "10", "9",
    "Ünï", "ünÏ", "ﬀ", "Ａ", "😀", "[1, 2]", "null", "a,b", "O'Neil'; drop table events --", "\u0001", "\x7f",
)  # fmt: skip
_CUSTOMERS = ("acme", "Äcme 🏢", "acme\\", "9", "10", "a'b\n")
#: A user, and a visitor of the same id who is somebody else; or nobody in particular.
_PEOPLE = (("u", None), (None, "u"), ("🙂", None), (None, "v"), ("u", "v"), (None, None))
_SESSIONS = ("s", "t", "ses\\sion", "🧵", None)
_METADATA: tuple[object, ...] = (
    None, "", "text", 0, 3, -3.5, 10**15, 0.1, True, False, [1, "two", None], {"b": 1, "aa": "é"}, "3", "3.0", "1e1",
    "inf", "nan", "+3", "12abc", "0x10", *TEXTS,
)  # fmt: skip
_AROUND = (
    timedelta(), timedelta(microseconds=-1), timedelta(microseconds=1), timedelta(minutes=29, seconds=59),
    timedelta(minutes=30), timedelta(minutes=-30), timedelta(hours=1), timedelta(hours=-1), timedelta(hours=2),
    timedelta(hours=-2), timedelta(hours=3), timedelta(hours=-3), timedelta(hours=12), timedelta(days=1),
    timedelta(days=-1), timedelta(days=6), timedelta(days=-8),
)  # fmt: skip


def hard() -> World:
    """Several hundred events around the changes of four zones' clocks, many of them at the same instants."""
    made = random.Random(3)
    events: list[Event] = []
    for changes in CHANGES.values():
        for change in changes:
            at = datetime.fromisoformat(change).replace(tzinfo=UTC)
            for around in _AROUND:
                events += [_event(made, at + around) for _ in range(made.choice((1, 1, 2, 3)))]
                # Some of their days' first and last moments too, whichever zone's they are.
                midnight = (at + around).replace(hour=made.randrange(24), minute=made.choice((0, 30)), second=0)
                events.append(_event(made, midnight.replace(microsecond=0)))
    # The same in the last days, for what is asked of them.
    events += [_event(made, NOW + timedelta(hours=hours)) for hours in range(-24 * 9, 48, 5)]
    return world(events, NOW)


def one_customer() -> World:
    made = random.Random(4)
    at = datetime(2018, 10, 27, 22, tzinfo=UTC)
    events = [_event(made, at + timedelta(minutes=30 * (number // 2)), "acme") for number in range(60)]
    return world(events, NOW)


def nothing() -> World:
    return World(events=[], now=NOW)


def _event(made: random.Random, at: datetime, customer: str | None = None) -> Event:
    user, visitor = made.choice(_PEOPLE)
    fate = made.random()
    return Event(
        event_id=an_id(made),
        customer_id=customer or made.choice(_CUSTOMERS),
        at=at,
        user_id=user,
        anonymous_id=visitor,
        session_id=made.choice(_SESSIONS),
        event_type=made.choice(EVENT_TYPES[:4]),
        event_name=made.choice((None, "Invoice Sent", "invoice sent", made.choice(TEXTS))),
        actor_type=made.choice(("person", "person", *ACTOR_TYPES)),
        tool_id=made.choice((None, "a", "b", made.choice(TEXTS))),
        tool_section=made.choice((None, "one", made.choice(TEXTS))),
        business_impact=made.choice(IMPACTS),
        competency_area=made.choice((None, "sales_execution", "🎓")),
        current_arr=made.choice((None, "$2M", "<1M")),
        target_arr=made.choice((None, "$10M")),
        growth_stage=made.choice((None, *GROWTH_STAGES)),
        device_type=made.choice((None, *DEVICE_TYPES)),
        browser=made.choice((None, "Firefox", "Fire\\fox")),
        page_url=made.choice((None, "/", "/ü?q=%20", "/a\\b")),
        referrer=made.choice((None, "https://WWW.Example.org:8080/x", "android-app://mail", "nowhere", "https://me@ü.de")),
        time_on_page=made.choice((None, 0, 1, 10, 10, 2**40)),
        session_duration=made.choice((None, 0, 5, 7, 1800)),
        metadata={
            key: made.choice(_METADATA) for key in ("n", "x", "x.y", "ключ", "it's") if made.random() < 0.6
        },
        is_bot=fate < 0.05,
        deleted=fate > 0.95,
    )  # fmt: skip

"""The sample data of the Live and Keys pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from milepost.dashboard.account import views as a
from milepost.dashboard.live import Live, LiveEvent
from milepost.vocabulary import EVENT_TYPES, IMPACTS

from .sample import ABSURD, ABSURD_NAMES, EVIL, NAMES, NOW, Scenario, wave


def live(scenario: Scenario) -> Live:
    if scenario == "empty":
        return Live((), (0,) * 60)
    if scenario == "absurd":
        return Live(
            tuple(
                LiveEvent(str(k), i, n, EVENT_TYPES[k], NOW, IMPACTS[k % 3] if k else None, n * 4, n)
                for k, (i, n) in enumerate(ABSURD)
            ),
            (0, 10**12) * 30,
        )
    return Live(tuple(live_event(k) for k in range(24)), tuple(wave(i, 40) for i in range(60)))


def live_event(k: int) -> LiveEvent:
    sentences = (
        "Used Cost Calculator, results",
        "Opened a page, /pricing",
        "Exported a PDF from ICP Analysis",
        "Made a resource in Business Case Builder",
    )
    kinds = ("tool_usage", "navigation", "export_action", "resource_generation")
    return LiveEvent(
        f"e{k}",
        f"cust-{k}",
        NAMES[k % len(NAMES)],
        kinds[k % 4],
        NOW - timedelta(seconds=20 * k),
        ("medium", "low", "high", "high")[k % 4],
        sentences[k % 4],
        "Case Built" if k % 4 == 3 else "",
    )


def keys(scenario: Scenario) -> a.Keys:
    url = "http://127.0.0.1:8321"
    if scenario == "empty":
        return a.Keys((), url)
    if scenario == "absurd":
        rows = tuple(
            a.KeyRow(
                f"k{k}",
                n,
                "browser" if k % 2 else "secret",
                "mp_" + "p" * 60,
                datetime(1, 1, 1, tzinfo=UTC),
                NOW + timedelta(days=9000),
                NOW if k == 2 else None,
                preset=k == 3,
            )
            for k, n in enumerate(ABSURD_NAMES)
        )
        return a.Keys(
            rows,
            "https://" + "very-long-host-name." * 10 + "example",
            a.CreatedKey(EVIL, "secret", "mps_" + "k" * 200),
            EVIL,
            EVIL,
        )
    rows = (
        a.KeyRow(
            "k1",
            "Web app, production",
            "browser",
            "mpw_3fA9",
            NOW - timedelta(days=120),
            NOW - timedelta(seconds=20),
            public_key="mpw_3fA9vT5nYbX0cLwR7sKd3fA9vT5nYbX0",
        ),
        a.KeyRow(
            "k2",
            "Nightly export to the warehouse",
            "secret",
            "mps_91bC",
            NOW - timedelta(days=64),
            NOW - timedelta(hours=9),
        ),
        a.KeyRow("k3", "From MILEPOST_WRITE_KEY", "browser", "mpw_demo", NOW - timedelta(days=3), None, preset=True),
        a.KeyRow(
            "k4",
            "Old staging",
            "browser",
            "mpw_77aa",
            NOW - timedelta(days=300),
            NOW - timedelta(days=41),
            NOW - timedelta(days=40),
        ),
    )
    return a.Keys(rows, url, a.CreatedKey("Mobile app", "browser", "mpw_8Qm2vT5nYbX0cLwR7sKd"))

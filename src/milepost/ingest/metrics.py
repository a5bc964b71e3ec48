"""What ingest counts; `/metrics` shows it."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("milepost_events_total", "Events by what became of them.", ("outcome",))
STEP_EVENTS = Counter("milepost_ingest_step_events_total", "Events that entered a step of the pipeline.", ("step",))
STEP_REJECTIONS = Counter(
    "milepost_ingest_step_rejections_total", "Events that a step of the pipeline refused, by reason.", ("step", "code")
)
NOTICES = Counter("milepost_notices_total", "What was held back of events that were stored, as receipts say.")
BOTS = Counter("milepost_bot_events_total", "Events kept but left out of insights, as a bot sent them.")
COMMITS = Counter("milepost_commits_total", "Commits of the event writer, by outcome.", ("outcome",))
COMMIT_SECONDS = Histogram(
    "milepost_commit_seconds",
    "Seconds one commit of the event writer took.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
COMMIT_EVENTS = Histogram(
    "milepost_commit_events", "Events in one commit.", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
)
PENDING_BYTES = Gauge("milepost_pending_bytes", "Bytes of events that wait for their commit.")

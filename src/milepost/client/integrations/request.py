"""What the three middlewares share: from a finished request to one `navigation` event."""

from __future__ import annotations

import time
from collections.abc import Mapping

from milepost.client.tracker import BaseTracker
from milepost.vocabulary import MAX_URL_LENGTH, MAX_WORD_LENGTH

#: What an `identify` function answers: whose request it is (`customer_id`, `user_id`, ...) and, if it
#: likes, other fields of the event (`tool_id`, `metadata`, ...). None: do not track this request.
Who = Mapping[str, object] | None


class Timer:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic_ns()

    def ms(self) -> int:
        return (time.monotonic_ns() - self._start) // 1_000_000


def track_request(
    tracker: BaseTracker,
    who: Who,
    *,
    method: str,
    url: str,
    status: int,
    duration_ms: int,
    referrer: str | None,
    user_agent: str | None,
) -> None:
    """Queues the event. `url` without its query: those carry what should not be kept."""
    if who is None:
        return
    extra: dict[str, object] = {"method": method, "status": status, "duration_ms": duration_ms}
    if user_agent:
        extra["user_agent"] = user_agent[:MAX_URL_LENGTH]
    fields: dict[str, object] = {"page_url": url[:MAX_URL_LENGTH], "device_type": "server"}
    if referrer:
        fields["referrer"] = referrer.partition("?")[0][:MAX_URL_LENGTH]
    tracker.capture("navigation", {**fields, **who}, extra)


def failed(tracker: BaseTracker, error: Exception) -> None:
    """The host's `identify` function raised: the request goes on, untracked."""
    message = f"The identify function raised {error!r}; the request was not tracked."
    tracker.pipeline.reporter.error("callback", message[: 5 * MAX_WORD_LENGTH])

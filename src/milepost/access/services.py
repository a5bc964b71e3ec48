"""What the handlers work with, built once in `app.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import msgspec
from litestar import Request

from milepost.access.attempts import Attempts
from milepost.access.keys import KeyRing
from milepost.access.revocations import Revocations
from milepost.access.tokens import Tokens
from milepost.columns.client import Columns
from milepost.columns.watch import Watch
from milepost.export.serving import Exports
from milepost.ingest.receiving import Receiving
from milepost.ingest.write import Writer
from milepost.insights.aside import Aside
from milepost.live import LiveFeed
from milepost.messages.sending import Sender
from milepost.plan import Plan
from milepost.plan_keeper import PlanKeeper
from milepost.reporting.running import Analyst
from milepost.settings import Settings
from milepost.store.database import Database
from milepost.supervisor import Supervisor

AnyRequest = Request[Any, Any, Any]


class Services(msgspec.Struct):
    """Everything a request may need. `ready` says why the server is not ready yet, or is None when it is."""

    settings: Settings
    plans: PlanKeeper
    database: Database
    columns: Columns
    columns_watch: Watch
    receiving: Receiving
    writer: Writer
    keys: KeyRing
    tokens: Tokens
    revocations: Revocations
    attempts: Attempts
    live: LiveFeed
    exports: Exports
    analyst: Analyst
    supervisor: Supervisor
    aside: Aside
    now: Callable[[], datetime]
    #: What identity signatures are made with (milepost/signature.py).
    identity_secret: str
    #: What sending messages takes: signing secrets, private networks, the mail server.
    sender: Sender
    not_ready: str | None = "The server is starting."

    @property
    def plan(self) -> Plan:
        """The plan at this moment."""
        return self.plans.plan


def services(request: AnyRequest) -> Services:
    """The services of the application this request came to."""
    return cast(Services, request.app.state.services)

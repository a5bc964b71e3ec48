"""The routes of offline actions' pages."""

from __future__ import annotations

from litestar import Router

from milepost.access.callers import ACCESS, Caller
from milepost.dashboard.offline.actions import action_handlers
from milepost.dashboard.offline.quadrant import practice

router = Router("/", route_handlers=[*action_handlers, practice], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)

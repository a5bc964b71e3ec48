"""The routes of offline actions' pages."""

from __future__ import annotations

from litestar import Router

from milepost.dashboard.offline.actions import action_handlers
from milepost.dashboard.offline.quadrant import practice
from milepost.dashboard.page_context import require_member

router = Router(
    "/", route_handlers=[*action_handlers, practice], before_request=require_member, include_in_schema=False
)

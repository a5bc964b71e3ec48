"""Makes a database ready to serve: migrations, the plan, and what the settings ask for."""

from __future__ import annotations

import logging

import psycopg

from milepost.plan import Plan
from milepost.settings import Settings
from milepost.store.migrate import migrate
from milepost.store.plan_tables import apply_plan, pin_customer

_log = logging.getLogger(__name__)


def set_up(dsn: str, plan: Plan, settings: Settings) -> None:
    """Safe to run from several servers at once. Raises psycopg.OperationalError while the database is away."""
    with psycopg.connect(dsn, autocommit=True, application_name="milepost-setup", connect_timeout=5) as connection:
        migrate(connection, lambda name: _log.info("applied migration %s", name))
        if apply_plan(connection, plan):
            _log.info("the plan's points or scores changed: every customer is rescored in the background")
        if settings.admin_customer_id:
            pin_customer(connection, settings.admin_customer_id)

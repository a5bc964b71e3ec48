"""Makes a database ready to serve: migrations, the plan, and what the settings ask for."""

from __future__ import annotations

import logging

import psycopg

from milepost.plan import Plan, read_otherwise
from milepost.settings import Settings
from milepost.store.migrate import migrate
from milepost.store.plan_tables import apply_plan, pin_customer
from milepost.store.saved_plans import PlanInForce, plan_in_force

_log = logging.getLogger(__name__)


def set_up(dsn: str, plan: Plan | None, settings: Settings) -> PlanInForce:
    """Puts `plan` in force, or the one that is (`plan_in_force`) where it is None; answers which.

    Safe to run from several servers at once. Raises PlanError, and psycopg.OperationalError while the database is away.
    """
    with psycopg.connect(dsn, autocommit=True, application_name="milepost-setup", connect_timeout=5) as connection:
        migrate(connection, lambda name: _log.info("applied migration %s", name))
        found = PlanInForce(plan, "") if plan else plan_in_force(connection, settings.plan_file)
        for line in read_otherwise(found.text):
            _log.warning("the plan: %s", line)
        if apply_plan(connection, found.plan):
            _log.info("the plan's points or scores changed: every customer is rescored in the background")
        if settings.admin_customer_id:
            pin_customer(connection, settings.admin_customer_id)
    return found

"""Roles for analysts on a hosted PostgreSQL, whose owner is no superuser."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.setup import set_up

_OWN, _OTHER = "own_analyst", "other_analyst"


@pytest.fixture
def admin(empty: str) -> str:
    return make_conninfo(empty, user="postgres")


def test_a_role_of_the_owners_and_one_that_somebody_else_made(empty: str, admin: str) -> None:
    """Both read; where PostgreSQL lets the owner set no limits of the other's, that is said."""
    set_up(empty, load_plan(), Settings())
    said: list[str | None] = []
    with psycopg.connect(empty, autocommit=True) as owner, psycopg.connect(admin, autocommit=True) as superuser:
        owner.add_notice_handler(lambda told: said.append(told.message_primary))
        # As who made it has it: here that was another database's owner, in the same cluster.
        superuser.execute("grant milepost_analyst to hosted with admin option")
        owner.execute(f"create role {_OWN} login".encode())
        superuser.execute(f"create role {_OTHER} login".encode())
        try:
            owner.execute("insert into public.behavior_events (customer_id, event_type) values ('acme', 'navigation')")
            limited = []
            for role in (_OWN, _OTHER):
                owner.execute("select milepost.grant_analysis(%s)", (role,))
                with psycopg.connect(make_conninfo(empty, user=role)) as analyst:
                    assert analyst.execute("select customer_id from reporting.events").fetchall() == [("acme",)]
                    limited.append(analyst.execute("show statement_timeout").fetchone() == ("1min",))
            assert limited[0]
            warned = (
                f"{_OTHER} reads the schema reporting now, but without limits: call this as who made the role, too."
            )
            assert (warned in said) is not limited[1]
            assert limited[1] is (owner.info.server_version < 160_000)
        finally:
            for role in (_OWN, _OTHER):
                superuser.execute(f"drop role {role}".encode())

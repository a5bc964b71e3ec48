"""The demo's companies: the rows of the source, in the present, with what the data says of them and nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from milepost.demo.openstack import data
from milepost.plan import load_plan
from tests.demo import openstack as known

#: Of the source's rows that are kept, sorted, as scripts/make_openstack_data.py prints it.
_SOURCE = "9e1f8025244425361b06b41c685f1a421a68b6a47e864d1c5f7fdecd1aa9d7ac"
_STARTED = date(2026, 11, 29)


def test_the_shipped_file_holds_every_row_of_the_source() -> None:
    def text(row: known.Change) -> str:
        sizes = (row.lines_added, row.lines_removed, row.files, row.test_files, row.doc_files, row.release_notes)
        times = (row.written_at, row.written_at + row.seconds_to_merge)
        cells = (row.project, row.change, row.company, row.who, row.role, *times, row.kind, row.areas, *sizes)
        return ",".join(map(str, cells))

    rows = sorted(map(text, known.raw()))
    assert len(rows) == 26_725
    assert hashlib.sha256("\n".join(rows).encode()).hexdigest() == _SOURCE
    attribution = (data.PLAN_FILE.parents[1] / "data" / "ATTRIBUTION.md").read_text()
    assert "openstack-changes.parquet" in attribution


@pytest.mark.parametrize("day", [_STARTED + timedelta(days=n) for n in range(7)])
def test_today_is_the_same_weekday_of_the_chosen_week(day: date) -> None:
    there = day - data.moved_by(day)
    assert data.END <= there < data.END + timedelta(weeks=1)
    assert there.weekday() == day.weekday()


def test_events_are_what_plain_python_makes_of_the_changes() -> None:
    moved = data.moved_by(_STARTED)
    companies = {"thoughtworks.com", "nttdata.com", "cern.ch"}
    made = data.events(moved, companies).to_pylist()
    wanted = sorted(
        (int((event.at + moved).timestamp()), event.customer_id, event.user_id, event.event_name)
        for name in companies
        for event in known.by_company()[name]
    )
    assert sorted((one["at"], one["company"], one["person"], one["name"]) for one in made) == wanted
    assert [one["at"] for one in made] == sorted(one["at"] for one in made)
    assert made == data.events(moved, companies).to_pylist(), "the same at every start"
    merged = next(one for one in made if one["name"] == "Change merged" and one["days_to_merge"] > 1)
    assert merged["lines_added"] is None, "said once, of the change as it was written"
    written = next(one for one in made if one["name"] == "Change written" and one["change"] == merged["change"])
    assert written["days_to_merge"] is None
    assert abs((merged["at"] - written["at"]) / 86_400 - merged["days_to_merge"]) <= 0.051
    tested = next(one for one in made if one["name"] == "Tests written")
    assert tested["test_files"] > 0


def test_every_name_means_something_and_no_money_is_made_up() -> None:
    plan = load_plan(data.PLAN_FILE)
    names = Counter(data.events(timedelta()).column("name").to_pylist())
    assert {rule.name for rule in plan.events} == names.keys()
    means = [plan.name_means(name) for name in names]
    assert all(one and one.type and one.competency and one.impact for one in means)
    traits = {name for _, told in data.companies(timedelta()) for name in told}
    assert traits == {
        "name", "first_change", "people_ever", "projects", "projects_used", "home_region", "size_class",
    }  # fmt: skip
    assert not plan.growth_stages


def test_traits_are_of_the_whole_past_and_none_of_the_future() -> None:
    companies = dict(data.companies(timedelta()))
    assert len(companies) == 130
    before = [row for row in known.raw() if row.written < known.WEEK]
    assert companies.keys() == {row.company for row in before}
    for name, told in companies.items():
        theirs = [row for row in before if row.company == name]
        assert isinstance(told["people_ever"], int)
        assert isinstance(told["projects"], list)
        assert told["people_ever"] >= len({row.person for row in theirs}), name
        assert set(told["projects"]) >= {row.project for row in theirs}, name
        first = date.fromisoformat(str(told["first_change"]))
        assert date(2010, 1, 1) <= first <= min(row.written.date() for row in theirs)
    # The one whose clock said 2001 is not intel.com's first.
    assert str(companies["intel.com"]["first_change"]) > "2010"


def test_home_is_where_the_working_hours_say() -> None:
    homes = {name: told["home_region"] for name, told in data.companies(timedelta())}
    assert homes["rackspace.com"] == homes["yahoo-inc.com"] == "Americas"
    assert homes["suse.de"] == homes["cern.ch"] == homes["mirantis.com"] == "EMEA"
    assert homes["fujitsu.com"] == homes["huawei.com"] == homes["valinux.co.jp"] == "Asia-Pacific"
    assert homes["ibm.com"] is homes["redhat.com"] is homes["bu.edu"] is None, "all over the world, or too few to say"


def test_people_are_numbered_and_authors_or_co_authors() -> None:
    people = {person: (company, told) for person, company, told in data.people(timedelta())}
    roles = Counter(told["role"] for _, told in people.values())
    assert roles.keys() == {"author", "co-author"}
    authors = {row.who for row in known.raw() if row.role == "author" and row.written < known.WEEK}
    assert authors <= {person for person, (_, told) in people.items() if told["role"] == "author"}
    assert people["p01400"][1]["name"] == "Engineer 1400"


@pytest.mark.parametrize("weekday", range(7))
def test_there_is_a_true_story_on_every_day_of_the_week(weekday: int) -> None:
    """Somebody who went quiet and somebody whose champion left, for good both, as the year after shows."""
    now = known.WEEK + timedelta(days=weekday, hours=12)
    seen = known.world(known.cut(), now)
    gone = [name for name in known.quiet(seen)[:3] if not known.comes_back(now, company=name)]
    left = [who for name, who in known.champions_gone(seen) if not known.comes_back(now, person=who)]
    assert gone, f"nobody went quiet for good by {now}"
    assert left, f"no champion left for good by {now}"


def test_a_moment_there_is_the_same_hour_of_the_week() -> None:
    now = datetime(2026, 11, 29, 21, 30, tzinfo=UTC)
    assert now - data.moved_by(now.date()) == known.now_there(now)

"""Exports of HubSpot, Salesforce and Stripe, by their own headings (tests/importing/exports), without a map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from milepost.importing.customers.prepare import Prepared, prepare
from milepost.traits.values import Kind

_FOLDER = Path(__file__).parent / "exports"


def _export(name: str, **options: Any) -> Prepared:
    return prepare((_FOLDER / f"{name}.csv").read_bytes(), **options)


def _told(prepared: Prepared) -> dict[str, dict[str, Any]]:
    return {one: {each.name: each.value for each in traits} for one, (_, traits) in prepared.told.items()}


@pytest.mark.parametrize(
    ("name", "title", "of", "id_column", "taken"),
    [
        ("hubspot-companies", "HubSpot companies", "customer", "Record ID", 3),
        ("hubspot-contacts", "HubSpot contacts", "person", "Record ID", 3),
        ("salesforce-accounts", "Salesforce accounts", "customer", "ID", 2),
        ("salesforce-report", "Salesforce report of accounts", "customer", "Account ID", 2),
        ("stripe-customers", "Stripe customers", "customer", "id", 3),
    ],
)
def test_each_is_recognised_and_taken_whole(name: str, title: str, of: Kind, id_column: str, taken: int) -> None:
    prepared = _export(name)
    preview = prepared.preview
    assert (preview.recognised, preview.of, preview.id_column, preview.taken) == (title, of, id_column, taken)
    assert preview.id_is_tools
    assert not prepared.faults
    assert not any(one.wrong for one in preview.columns)


def test_hubspot_fills_the_traits_with_a_meaning() -> None:
    company = _told(_export("hubspot-companies"))["200000000001"]
    assert company == {
        "name": "Example Publishing",
        "owner": "Ann Example",
        "created_at": "2020-01-10T10:00:00Z",
        "industry": "PUBLISHING",
        "employees": 120,
        "website": "publishing.example",
        "lifecycle_stage": "Customer",
        # What the company itself turns over is no revenue of ours.
        "annual_revenue": 2500000,
        "phone_number": "+12025550124",
        "last_activity_date": "2026-01-05T10:00:00Z",
        "city": "Example City",
        "country_region": "United States",
        "website_url": "https://www.publishing.example",
    }
    contact = _told(_export("hubspot-contacts"))["902"]
    assert contact["name"] == "Zoë"
    assert contact["email"] == "zoe@mueller.example"
    assert contact["role"] == "Buyer"
    assert contact["associated_company_ids"] == ["200000000002", "200000000001"]


def test_an_account_of_salesforce_is_the_same_in_a_report_and_from_data_loader() -> None:
    loader, report = _told(_export("salesforce-accounts")), _told(_export("salesforce-report"))
    assert list(loader) == list(report) == ["001D000000IqhSLIAZ", "001D000000IqhSMIAZ"]
    first, reported = loader["001D000000IqhSLIAZ"], report["001D000000IqhSLIAZ"]
    same = ("name", "type", "industry", "employees", "website", "annual_revenue")
    assert {name: first[name] for name in same} == {name: reported[name] for name in same}
    assert first["created_at"] == "2019-03-01T09:30:00Z"
    assert reported["created_at"] == "2019-03-01"
    assert first["owner_id"] == "005D0000001YbRDIA0"
    assert reported["owner"] == "Ann Example"


def test_stripe_fills_plan_and_currency_and_another_column_can_be_the_id() -> None:
    assert (
        _told(_export("stripe-customers"))["cus_MadeUp00000001"].items()
        >= {
            "name": "Example Publishing",
            "email": "billing@publishing.example",
            "created_at": "2020-01-12T14:03:00Z",
            "plan": "pro-yearly",
            "status": "active",
            "currency": "USD",
            "total_spend": 12400,
            "delinquent": False,
            "tag_metadata": "vip",
        }.items()
    )
    ours = _export("stripe-customers", id_column="account_id (metadata)")
    assert _told(ours)["acme"]["stripe_id"] == "cus_MadeUp00000001"
    assert not ours.preview.id_is_tools
    assert [one.line for one in ours.faults] == [4]

"""Exports of other tools, recognised by their own headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from milepost.traits.values import Kind, Type

#: What a trait with a meaning is; of other names the type is found out.
TYPES: Final[Mapping[str, Type]] = {
    "mrr": "number",
    "arr": "number",
    "employees": "number",
    "renewal_date": "date",
    "created_at": "date",
    **dict.fromkeys(
        ("name", "plan", "owner", "currency", "lifecycle_stage", "website", "industry", "email", "role"), "text"
    ),
}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A tool's export. Headings are in small letters; of several for one trait the first that the file has counts.

    `id` is the tool's own id of a row, of which `id_trait` is the name where another column is the id. `needs` are sets
    of headings of which each must have one in the file. `joined` traits are made of several columns.
    """

    title: str
    of: Kind
    id: str
    id_trait: str
    needs: Sequence[frozenset[str]]
    traits: Mapping[str, Sequence[str]]
    types: Mapping[str, Type] = {}
    joined: Mapping[str, Sequence[str]] = {}


def _any(*headings: str) -> frozenset[str]:
    return frozenset(headings)


_HUBSPOT: Final = {
    "created_at": ["create date"],
    "lifecycle_stage": ["lifecycle stage"],
    "industry": ["industry"],
}
#: Data Loader writes its fields in capitals or not, as they were asked for.
_FIELDS: Final = (
    "account_number", "annual_revenue", "billing_city", "billing_country", "billing_postal_code", "billing_state",
    "billing_street", "is_deleted", "last_activity_date", "last_modified_date", "owner_id", "parent_id",
    "record_type_id", "system_modstamp",
)  # fmt: skip

KNOWN: Final = (
    Known(
        title="HubSpot contacts",
        of="person",
        id="record id",
        id_trait="hubspot_id",
        needs=[_any("record id"), _any("first name", "last name"), _any("email")],
        traits=_HUBSPOT | {"email": ["email"], "role": ["job title"], "owner": ["contact owner"]},
        types={"associated company ids": "list", "associated company": "text", "phone number": "text"},
        joined={"name": ["first name", "last name"]},
    ),
    Known(
        title="HubSpot companies",
        of="customer",
        id="record id",
        id_trait="hubspot_id",
        needs=[_any("record id"), _any("company name", "name")],
        traits=_HUBSPOT
        | {
            "name": ["company name", "name"],
            "owner": ["company owner"],
            "employees": ["number of employees"],
            "website": ["company domain name", "website url"],
        },
        types={"annual revenue": "number", "associated contact ids": "list", "phone number": "text"},
    ),
    Known(
        title="Salesforce accounts",
        of="customer",
        id="id",
        id_trait="salesforce_id",
        needs=[
            _any("id"),
            _any("name"),
            _any(
                "ownerid",
                "isdeleted",
                "masterrecordid",
                "systemmodstamp",
                "annualrevenue",
                "numberofemployees",
                "billingstreet",
                "billingcountry",
            ),
        ],
        traits={
            "name": ["name"],
            "industry": ["industry"],
            "employees": ["numberofemployees"],
            "created_at": ["createddate"],
            "website": ["website"],
            "owner": ["owner.email", "owner.name"],
        }
        | {name: [name.replace("_", "")] for name in _FIELDS},
        types={"annualrevenue": "number"},
    ),
    Known(
        title="Salesforce report of accounts",
        of="customer",
        id="account id",
        id_trait="salesforce_id",
        needs=[
            _any("account id"),
            _any("account name"),
            _any("account owner", "account owner: email", "parent account", "billing state/province", "last activity"),
        ],
        traits={
            "name": ["account name"],
            "industry": ["industry"],
            "employees": ["employees"],
            "created_at": ["created date"],
            "website": ["website"],
            "owner": ["account owner: email", "account owner"],
        },
        types={"annual revenue": "number"},
    ),
    Known(
        title="Stripe customers",
        of="customer",
        id="id",
        id_trait="stripe_id",
        needs=[_any("id"), _any("created (utc)"), _any("email", "name", "description")],
        traits={
            "name": ["name"],
            "email": ["email"],
            "created_at": ["created (utc)"],
            "plan": ["plan"],
            "currency": ["currency"],
        },
        types={
            "total spend": "number",
            "payment count": "number",
            "refunded volume": "number",
            "dispute losses": "number",
            "average order": "number",
        },
    ),
)


def recognised(headings: Iterable[str]) -> Known | None:
    """Which tool's export has these headings."""
    have = {heading.casefold() for heading in headings}
    return next((one for one in KNOWN if all(needed & have for needed in one.needs)), None)


def whole_id(known: Known | None, text: str) -> str:
    """An id as it is in all of a tool's exports: a Salesforce report has the first 15 letters of its 18, whose last
    three say which of them are capitals."""
    if known is None or known.id_trait != "salesforce_id" or not re.fullmatch(r"[0-9A-Za-z]{15}", text):
        return text
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (text[at : at + 5] for at in (0, 5, 10))
    return text + "".join(letters[sum(1 << n for n, c in enumerate(part) if "A" <= c <= "Z")] for part in parts)

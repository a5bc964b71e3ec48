"""Traits on the page of a customer or a person: what is known now, in the team's words, and what each has been."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from milepost.access.services import AnyRequest, services
from milepost.dashboard.format import words
from milepost.dashboard.views import customer_url, person_url
from milepost.plan.model import PlannedTrait
from milepost.store.database import DictConnection
from milepost.traits.keep import Trait, read_history, read_names, read_now
from milepost.traits.values import Kind, Type, Value
from milepost.work.tasks import member_emails

#: Those with a meaning stand first, in this order.
_FIRST: Final = (
    "role", "email", "owner", "plan", "lifecycle_stage", "mrr", "arr", "currency", "renewal_date", "created_at",
    "industry", "employees", "website",
)  # fmt: skip
#: Called by more than their id made into words.
_LABELS: Final = {"mrr": "MRR", "arr": "ARR"}


class TraitRow(msgspec.Struct, frozen=True):
    """A trait as it is shown: a `day` or a `number` to be written as the reader does."""

    name: str
    label: str
    text: str
    number: float | None
    day: date | None
    since: datetime
    source: str
    was: tuple[str, ...]


class TraitsPanel(msgspec.Struct, frozen=True):
    """traits/panel.html. `whose`: the id of a customer or a person, as `kind` says. `known`: names that others have,
    with what they are called, to choose from."""

    kind: Kind
    whose: str
    rows: tuple[TraitRow, ...]
    known: tuple[tuple[str, str], ...]
    members: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"{(customer_url if self.kind == 'customer' else person_url)(self.whose)}/traits"


async def traits_panel(request: AnyRequest, connection: DictConnection, kind: Kind, whose: str) -> TraitsPanel:
    """Hidden traits, and the name, which stands at the top of the page, are left out."""
    plan = services(request).plan
    planned = {one.name: one for one in plan.traits if one.of == kind}
    names = {one.name: one for one in await read_names(connection, kind)}
    now = (await read_now(connection, kind, [whose]))[whose]
    history = await read_history(connection, kind, whose)
    rows: list[TraitRow] = []
    for name, value in now.items():
        known, ahead = names.get(name), planned.get(name)
        if name == "name" or (known and known.hidden) or (ahead and ahead.hidden):
            continue
        told = [one for one in history if one.name == name]
        rows.append(
            TraitRow(
                name=name,
                label=label_of(name, known, ahead),
                text=shown(value),
                number=value if isinstance(value, int | float) and not isinstance(value, bool) else None,
                day=day_of(value) if type_of(known, ahead) == "date" else None,
                since=told[0].since,
                source=told[0].source,
                was=tuple(shown(one.value) or "nothing" for one in told[1:6]),
            )
        )
    order = {name: place for place, name in enumerate(_FIRST)}
    rows.sort(key=lambda one: (order.get(one.name, len(order)), one.label.lower(), one.name))
    offered = tuple((name, label_of(name, names.get(name), planned.get(name))) for name in {**planned, **names})
    return TraitsPanel(
        kind,
        whose,
        tuple(rows),
        tuple(sorted(offered, key=lambda one: one[1].lower())),
        tuple(await member_emails(connection)) if kind == "customer" else (),
    )


def label_of(name: str, known: Trait | None, planned: PlannedTrait | None) -> str:
    """What a trait is called: by the team, by the plan, or its own name in words."""
    said = (known and known.label) or (planned and planned.label)
    return said or _LABELS.get(name) or words(name)


def type_of(known: Trait | None, planned: PlannedTrait | None) -> Type | None:
    """What a trait counts as: as the team says, the plan, or the one type it was seen with."""
    said = (known and known.type) or (planned and planned.type)
    return said or (known.seen[0] if known and len(known.seen) == 1 else None)


def shown(value: Value) -> str:
    """A value as text."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def day_of(value: Value) -> date | None:
    """The day of a value that is a date."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def typed_value(text: str, kind: Type | None) -> object:
    """What somebody typed, as the trait's type; a text where it is none of it. Empty takes the trait away."""
    plain = text.strip()
    if not plain:
        return None
    if kind == "boolean" and plain.lower() in _YES_OR_NO:
        return _YES_OR_NO[plain.lower()]
    if kind == "list":
        return [part.strip() for part in plain.split(",") if part.strip()]
    if kind == "number":
        try:
            return float(plain.replace(",", ""))
        except ValueError:
            return plain
    return plain


_YES_OR_NO: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}

"""Which column of a file is the id and which is which trait: as the map says, as the tool that wrote the file is known
to mean it, else by its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from milepost.errors import ImportFailed
from milepost.importing.customers.kinds import Said
from milepost.importing.customers.known import TYPES, Known, recognised
from milepost.importing.customers.mapping import ColumnSaid, CustomerMap
from milepost.importing.mapping import MapError
from milepost.traits.values import Kind, Type
from milepost.vocabulary import MAX_NAME_LENGTH

_IDS: Final[dict[Kind, tuple[str, ...]]] = {
    "customer": ("customer_id", "account_id", "company_id", "organization_id", "organisation_id", "id"),
    "person": ("user_id", "person_id", "contact_id", "id", "email"),
}
_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Chosen(msgspec.Struct, frozen=True):
    """What a column becomes. `trait` None: it is left out. `likely` is the type it has if its cells allow it."""

    trait: str | None
    said: Said
    likely: Type | None


class Choice(msgspec.Struct, frozen=True):
    """What every column of a file becomes, by its heading; `joined` traits are made of several."""

    known: Known | None
    of: Kind
    id_column: str
    id_is_tools: bool
    columns: dict[str, Chosen]
    joined: dict[str, list[str]]


def choose(headings: list[str], said: CustomerMap, *, of: Kind | None = None, id_column: str | None = None) -> Choice:
    """Raises ImportFailed where no column can be the id, MapError where the map names one that is not there."""
    known = recognised(headings)
    kind = of or said.of or (known.of if known else "customer")
    if known and known.of != kind:
        known = None
    asked = id_column or said.id
    id_at = _id(headings, asked, known, kind)
    told = {_find(headings, name, "columns"): _long(one) for name, one in said.columns.items()}
    columns: dict[str, Chosen] = {}
    taken: set[str] = set()
    for heading, column in told.items():
        if column and column.trait and heading != id_at:
            if column.trait in taken:
                raise MapError(f"Two columns are to be {column.trait!r}. Name another trait for one.", field="columns")
            taken.add(column.trait)
    defaults = dict(_meant(headings, known, id_at))
    joined = {
        trait: found
        for trait, parts in (known.joined if known else {}).items()
        if trait not in taken and (found := [one for one in headings if one.casefold() in parts])
    }
    taken |= set(joined)
    # Those with a meaning come first, so that no other takes their name.
    for heading in sorted(headings, key=lambda one: one not in defaults):
        one = told.get(heading, ColumnSaid() if said.others == "take" else None)
        if heading == id_at:
            continue
        if one is None:
            columns[heading] = Chosen(None, Said(), None)
            continue
        trait = one.trait
        if trait is None:
            trait = _free(defaults.get(heading) or snake_case(heading, headings.index(heading) + 1), taken)
            taken.add(trait)
        likely = (known.types.get(heading.casefold()) if known else None) or TYPES.get(trait)
        columns[heading] = Chosen(trait, Said(one.type, one.decimal, one.format, one.separator), likely)
    ordered = {heading: columns[heading] for heading in headings if heading in columns}
    return Choice(known, kind, id_at, known is not None and id_at.casefold() == known.id, ordered, joined)


def snake_case(heading: str, place: int) -> str:
    """A heading as a trait's name: "Number of Employees" and NumberOfEmployees are number_of_employees."""
    words = re.sub(r"[^\w.]+", "_", _HUMPS.sub("_", heading.replace("IDs", "Ids"))).lower()
    return re.sub(r"__+", "_", words).strip("_.")[:MAX_NAME_LENGTH] or f"column_{place}"


def _id(headings: list[str], asked: str | None, known: Known | None, of: Kind) -> str:
    if asked is not None:
        return _find(headings, asked, "id")
    if known:
        return _find(headings, known.id, "id")
    names = {snake_case(heading, 0): heading for heading in reversed(headings)}
    for name in _IDS[of]:
        if name in names:
            return names[name]
    raise ImportFailed(
        f"Which column is the {of}'s id? Name it with --id, or as id in the map. There are: {_listed(headings)}.",
        field="id",
    )


def _find(headings: list[str], name: str, field: str) -> str:
    """The heading that somebody means, in whatever letters. Raises MapError."""
    for heading in headings:
        if heading == name:
            return heading
    for heading in headings:
        if heading.casefold() == " ".join(name.split()).casefold():
            return heading
    raise MapError(f"The file has no column {name!r}. It has: {_listed(headings)}.", field=field)


def _listed(headings: list[str]) -> str:
    """The headings for a message, not all of a file that has hundreds."""
    names = [heading[:60] for heading in headings[:50]]
    return ", ".join(names) + (f" and {len(headings) - 50} more" if len(headings) > 50 else "")


def _long(one: str | bool | ColumnSaid) -> ColumnSaid | None:
    if isinstance(one, bool):
        return ColumnSaid() if one else None
    return ColumnSaid(trait=one) if isinstance(one, str) else one


def _meant(headings: list[str], known: Known | None, id_at: str) -> Iterator[tuple[str, str]]:
    """The columns that a known tool's export has for traits with a meaning."""
    if known is None:
        return
    by_name = {heading.casefold(): heading for heading in reversed(headings) if heading != id_at}
    for trait, wanted in known.traits.items():
        if found := next((by_name[name] for name in wanted if name in by_name), None):
            yield found, trait
    if known.id in by_name:
        yield by_name[known.id], known.id_trait


def _free(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f"{wanted[: MAX_NAME_LENGTH - 5]}_{count}"
    return name

"""Customers by who of the team looks after them: the trait `owner`, in whatever case it was told."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from milepost.vocabulary import NOBODY

_CUT: Final = 100  # characters of `word`
_OWNED: Final = "s.customer_id in (select t.id from milepost.traits t where t.kind = 'customer' and t.name = 'owner'"
#: A longer address is read whole.
_WORD: Final = sql.SQL(_OWNED + " and t.until is null and lower(t.word) = %(owner)s)")
_WHOLE: Final = sql.SQL(
    _OWNED + " and t.until is null and length(t.word) = 100 and lower(t.value #>> '{{}}') = %(owner)s)"
)
_NOBODYS: Final = sql.SQL("not " + _OWNED + " and t.until is null and t.word is not null)")


def owned_by(owner: str) -> sql.Composable:
    """A condition on `s.customer_id`, which takes `owner`: a member's address, in small letters, or `nobody`."""
    if owner == NOBODY:
        return _NOBODYS
    return (_WORD if len(owner) < _CUT else _WHOLE).format()

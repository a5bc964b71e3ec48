"""Whether a customer is on the leaderboard, and under which name: theirs to choose, off until they do."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from milepost.errors import InvalidRequest, NotFound
from milepost.game.customer import Shown
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.game", "profile.sql")
LONGEST_NAME = 60
#: Joins letters and signs in several scripts and in emoji: the only invisible characters that a name may have inside.
_JOINERS = "\u200c\u200d"
#: Letters and signs that nobody can see.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class GameProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a customer appears on the leaderboard: not at all, as "Somebody", or under `display_name`."""

    leaderboard: Shown
    display_name: Annotated[
        str | None, Meta(description=f"1 to {LONGEST_NAME} characters without control characters; needed for `named`.")
    ] = None


def clean_name(name: str | None) -> str | None:
    """The name as it is stored: trimmed, composed; None for none. Raises InvalidRequest (field `display_name`)."""
    if name is None:
        return None
    plain = unicodedata.normalize("NFC", name.strip())
    for character in plain:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in _JOINERS:
            raise InvalidRequest(
                f"The display name contains a control character (U+{ord(character):04X}). Leave it out.",
                field="display_name",
            )
    if not any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANK for c in plain):
        raise InvalidRequest(
            f"The display name is empty. Give 1 to {LONGEST_NAME} characters, or leave it out.", field="display_name"
        )
    if len(plain) > LONGEST_NAME:
        raise InvalidRequest(
            f"The display name has {len(plain)} characters; at most {LONGEST_NAME} are shown. Shorten it.",
            field="display_name",
        )
    return plain


async def write_profile(connection: DictConnection, customer_id: str, profile: GameProfile, *, now: datetime) -> None:
    """Stores it. Raises InvalidRequest for a name that cannot be shown, NotFound for a customer nothing is known of."""
    name = clean_name(profile.display_name)
    if profile.leaderboard == "named" and name is None:
        raise InvalidRequest("To be named on the leaderboard, give a display name.", field="display_name")
    values = {"customer_id": customer_id, "leaderboard": profile.leaderboard, "display_name": name, "now": now}
    if await (await connection.execute(_SQL["store"], values)).fetchone() is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")

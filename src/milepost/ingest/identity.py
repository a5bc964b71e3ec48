"""Who may say who is who: a server key may; a browser key, which is public, within the rules of docs/security.md."""

from __future__ import annotations

import msgspec

from milepost.ingest.draft import Draft, PublicKey, Sender
from milepost.ingest.events import Held, RejectedEvent, Tie
from milepost.signature import is_signature
from milepost.vocabulary import NoticeCode


def check_identity(draft: Draft, sender: Sender) -> None:
    """What a public key says of who is who is marked as a claim, which counts only where nobody else's word stands
    (claims.py); a signature vouches for the ids it was made of."""
    rules = sender.public_key
    if rules is None:
        return
    previous = [tie.from_id for tie in draft.ties if tie.call == "alias"]
    vouched = any(_vouches(draft, rules, previous_id) for previous_id in (None, *previous))
    if draft.event.identity_signature and not vouched:
        _hold(draft, "invalid_signature", "identity_signature", "It was made of other ids, or with another secret.")
    if rules.signed_only and not vouched:
        _drop_ids(draft)
    draft.claimed = not vouched
    draft.ties = [kept for tie in draft.ties if (kept := _tie(draft, rules, tie, vouched=vouched)) is not None]
    if draft.traits and not vouched:
        draft.traits = [msgspec.structs.replace(traits, claimed=True) for traits in draft.traits]


def _tie(draft: Draft, rules: PublicKey, tie: Tie, *, vouched: bool) -> Tie | None:
    """The tie as it may be made: whole where a signature covers both ends of it, else as a claim, or not at all."""
    if tie.call == "alias" and tie.kind == "user":
        if _vouches(draft, rules, tie.from_id):
            return tie
        # What the page did as nobody known follows by the other half of the alias.
        if tie.from_id != draft.event.anonymous_id:
            message = "A public key cannot make two users one. Send the alias with a server key, or signed."
            _hold(draft, "needs_server_key", "previousId", message)
        return None
    if vouched and tie.call == "group" and tie.kind == "user":
        return tie
    return msgspec.structs.replace(tie, claimed=True)


def _vouches(draft: Draft, rules: PublicKey, previous_id: str | None) -> bool:
    event = draft.event
    return bool(event.identity_signature) and is_signature(
        event.identity_signature or "",
        rules.secret,
        customer_id=event.customer_id,
        user_id=event.user_id,
        previous_id=previous_id,
    )


def _drop_ids(draft: Draft) -> None:
    """Of a key that takes signed ids alone: the event stays, as somebody unknown's."""
    event = draft.event
    if not (event.customer_id or event.user_id):
        return
    field = "customer_id" if event.customer_id else "user_id"
    message = "This key takes ids with an identity_signature alone"
    if not event.anonymous_id:
        raise RejectedEvent("unsigned", f"{message}, and without them the event is nobody's. Sign them.", field)
    event.customer_id = event.user_id = None
    draft.ties, draft.traits = [], []
    _hold(draft, "unsigned", field, f"{message}, so the event was stored without them. Sign them.")


def _hold(draft: Draft, code: NoticeCode, field: str, message: str) -> None:
    draft.held = [*draft.held, Held(code, field, message)]

"""How hard a property is tried: hypothesis' profile `gate`, or `soak` (`--hypothesis-profile soak`, `make soak`)."""

from __future__ import annotations

from hypothesis import settings

GATE, SOAK = "gate", "soak"
#: What hypothesis takes for a test that names no number of its own.
_USUAL = 100


def register_profiles() -> None:
    """`gate` is in force until pytest's option says otherwise."""
    # Without a deadline: how long an example takes beside three other workers is a matter of luck.
    settings.register_profile(GATE, max_examples=_USUAL // 2, deadline=None)
    settings.register_profile(SOAK, max_examples=10 * _USUAL, deadline=None)
    settings.load_profile(GATE)


def examples(usual: int) -> int:
    """As many examples as the profile makes of a number: half of it in the gate, ten times as many in a soak."""
    return max(1, usual * settings.get_profile(settings.get_current_profile_name()).max_examples // _USUAL)


def repeatable() -> bool:
    """Whether a test that shall be the same at every gate is; a soak looks for what was never tried."""
    return settings.get_current_profile_name() != SOAK

"""What is too little to learn from, and how that is said."""

from __future__ import annotations

from typing import Final

#: Fewer of either outcome, and nothing is said.
AT_LEAST: Final = 50
#: Fewer customers that can be checked are anecdotes, however many days each has.
CUSTOMERS_AT_LEAST: Final = 20


class NotEnough(Exception):
    """Nothing can be learned: fewer than `AT_LEAST` customers' days to which it happened, or did not, could be checked,
    or fewer than `CUSTOMERS_AT_LEAST` customers. The message says which, and how many there are."""

    def __init__(self, found: int, of: int = AT_LEAST, what: str = "customers' days of either outcome") -> None:
        super().__init__(f"not enough history: {found:,} of {of} {what}")


class NothingDiffers(NotEnough):
    """All that is known is the same of every customer on every day."""

    def __init__(self) -> None:
        Exception.__init__(self, "all that is known is the same of every customer, so nothing can be learned")

"""What a page tells its browser's console: a clean one says nothing."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page

#: htmx says in the console that a request was taken back, as one for suggestions is when the reader goes on.
_TAKEN_BACK = ("htmx:afterRequest", "htmx:sendAbort")


def complaints_of(page: Page) -> list[str]:
    """A list that grows with the page's errors and warnings."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_TAKEN_BACK):
            said.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said

"""A connection to a server: asks its API with one key or token, and makes errors of what it refuses."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from milepost.assist.calls import address_of
from milepost.assist.catalogue import Listed, listed, reader_of
from milepost.assist.pages import page_of
from milepost.notebook.answer import Answer, QuestionAnswer
from milepost.notebook.customers import Customers
from milepost.notebook.errors import Unreachable, of_status
from milepost.notebook.own import Own
from milepost.notebook.questions import Questions
from milepost.notebook.team import Team


class Connection(Questions, Customers, Team, Own):
    """Each method is one request of the API, and answers what its key or token may read. `reader`: "team" with a secret
    key, "customer" with a customer's token, which reads the `my_` methods alone. It can be used in a `with`."""

    def __init__(
        self, url: str, key: str, *, timeout: float = 90.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        """`timeout`: seconds for an answer."""
        self.url, self.reader = url.rstrip("/"), reader_of(key)
        self._listed = {one.name: one for one in listed()}
        self._http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout, transport=transport
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Milepost at {self.url}, as {self.reader}>"

    def _read(self, name: str, **arguments: Any) -> Answer:
        one, given = self._listed[name], _given(arguments)
        return Answer(name, self._ask(one, given), page_of(one, given, self.url))

    def _question(self, name: str, **arguments: Any) -> QuestionAnswer:
        one, given = self._listed[name], _given(arguments)
        asked = self._ask(one, given)

        def who(place: dict[str, Any]) -> Answer:
            behind = {"question": name.removeprefix("ask_"), "asked": given, "place": place}
            return Answer("who_is_behind", self._ask(self._listed["who_is_behind"], behind), None)

        return QuestionAnswer(name, asked, page_of(one, given, self.url), who)

    def _ask(self, one: Listed, given: dict[str, Any]) -> Any:
        method, path, params, body = address_of(one, given)
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            response = self._http.request(method, path, params=params or None, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.url} does not answer: {error}. Is Milepost running there?") from error
        if response.is_success:
            return response.json() if "json" in response.headers.get("content-type", "") else response.text
        try:
            said = msgspec.json.decode(response.content, type=dict[str, Any])
        except msgspec.DecodeError:
            said = {}
        message = str(said.get("message") or f"The server answered {response.status_code}.")
        raise of_status(response.status_code, message, str(said.get("code", "")), said.get("field"))


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    """As JSON has them; what nobody gave is left to the server."""
    plain: dict[str, Any] = msgspec.to_builtins({name: value for name, value in arguments.items() if value is not None})
    return plain


def connect(url: str, key: str, *, timeout: float = 90.0) -> Connection:
    """Connects to a Milepost server, with a secret key (mps_...) or a customer's token.

    Nothing is asked yet; every method raises a `MilepostError` (milepost.notebook.errors) for what the server refuses.
    """
    return Connection(url, key, timeout=timeout)

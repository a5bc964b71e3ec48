"""A tool's arguments as a request to the API, with the caller's own bearer, and its answer."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec

from milepost.assist.catalogue import Listed
from milepost.assist.schemas import Schema, Tool
from milepost.errors import InvalidRequest, Problem

#: Seconds for an answer of a server elsewhere: longer than any question may take there.
TIMEOUT: Final = 90.0
#: httpx would take these for steps within an address.
_DOTS: Final = {".": "%2E", "..": "%2E%2E"}
#: Method, path, parameters and body.
Asked = tuple[str, str, dict[str, str], object]


class Refused(Problem):
    """The API did not answer: its own status, code, words and field."""

    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.status = status
        self.code = code


class Api:
    """A server's API, asked as one caller: whatever that bearer may not read, nothing here can."""

    def __init__(self, client: httpx.AsyncClient, authorization: str) -> None:
        self._client = client
        self._headers = {"Authorization": authorization}

    async def document(self) -> Schema:
        """The OpenAPI document. Raises Refused."""
        return msgspec.json.decode(await self._read("GET", "/openapi.json"), type=dict[str, Any])

    async def ask(self, tool: Tool, arguments: dict[str, Any]) -> Any:
        """The answer as the API gives it: JSON, or a text. Raises Refused, InvalidRequest for arguments it has not."""
        method, path, params, body = request_of(tool, arguments)
        return await self._read_json(method, path, params, body)

    async def read(self, path: str) -> Any:
        """What is at an address. Raises Refused."""
        return await self._read_json("GET", path, {}, None)

    async def _read_json(self, method: str, path: str, params: dict[str, str], body: object) -> Any:
        content = await self._read(method, path, params, body)
        try:
            return msgspec.json.decode(content)
        except msgspec.DecodeError:
            return content.decode()

    async def _read(self, method: str, path: str, params: dict[str, str] | None = None, body: object = None) -> bytes:
        headers = dict(self._headers)
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        try:
            response = await self._client.request(method, path, params=params or None, content=content, headers=headers)
        except httpx.TimeoutException:
            raise Refused(504, "timeout", f"The server did not answer within {TIMEOUT:g} s.") from None
        except httpx.HTTPError as error:
            base = self._client.base_url
            raise Refused(502, "unreachable", f"{base} does not answer: {error}. Is Milepost running there?") from error
        if response.is_success:
            return response.content
        raise _refusal(response)


def _refusal(response: httpx.Response) -> Refused:
    try:
        said = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        return Refused(response.status_code, "unreadable", f"The server answered {response.status_code} and no JSON.")
    message = str(said.get("message") or f"The server answered {response.status_code}.")
    return Refused(response.status_code, str(said.get("code", "unknown")), message, said.get("field"))


def request_of(tool: Tool, arguments: dict[str, Any]) -> Asked:
    """Method, path, parameters and body. Raises InvalidRequest for an argument that the tool does not take, or lacks.

    Whether the values are right is the API's to say.
    """
    properties = tool.takes["properties"]
    for name in arguments:
        if name not in properties:
            known = ", ".join(properties) or "none"
            raise InvalidRequest(f"{tool.listed.name} takes no argument {name!r}; it takes {known}.", field=name)
    for name in tool.takes["required"]:
        if arguments.get(name) is None:
            raise InvalidRequest(f"{name} is missing.", field=name)
    given = {name: value for name, value in arguments.items() if value is not None}
    if tool.listed.limit is not None:
        given.setdefault("limit", tool.listed.limit)
    return address_of(tool.listed, given)


def address_of(listed: Listed, arguments: dict[str, Any]) -> Asked:
    """The same of arguments that are known to be its own. Raises InvalidRequest for an id that is no text."""
    given, path = dict(arguments), listed.path
    for name in listed.placed:
        path = path.replace(f"{{{name}}}", _segment(given.pop(name, None), name))
    if listed.method == "POST":
        return "POST", path, {}, given
    return "GET", path, {name: _text(value) for name, value in given.items()}, None


def _segment(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"{name} must be a text that is not empty.", field=name)
    try:
        return _DOTS.get(value) or quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidRequest(f"{name} contains half a character.", field=name) from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

"""Files travel compressed, and arrive as they are; what is live is not held up by a compressor."""

from __future__ import annotations

import httpx
import pytest

from milepost.dashboard.static_files import STATIC_DIR
from tests.support.server import SECRET_KEY, Server

_ECHARTS = next(STATIC_DIR.glob("vendor/echarts-*.js")).relative_to(STATIC_DIR)


@pytest.mark.parametrize(("path", "file"), [("/milepost.js", "milepost.js"), (f"/static/{_ECHARTS}", _ECHARTS)])
def test_files(shared_server: Server, path: str, file: str) -> None:
    with httpx.stream("GET", shared_server.url + path, headers={"Accept-Encoding": "gzip"}) as answer:
        size = sum(len(chunk) for chunk in answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    content = (STATIC_DIR / file).read_bytes()
    assert size < len(content) / 2
    assert httpx.get(shared_server.url + path).content == content
    assert httpx.get(shared_server.url + path, headers={"Accept-Encoding": "identity"}).content == content


@pytest.mark.parametrize("path", ["/v1/customers", "/health", "/v1/live", "/", "/sign-in"])
def test_what_is_no_file(shared_server: Server, path: str) -> None:
    headers = {"Accept-Encoding": "gzip", "Authorization": f"Bearer {SECRET_KEY}"}
    with httpx.stream("GET", shared_server.url + path, headers=headers) as answer:
        assert answer.status_code in (200, 303)
        assert "Content-Encoding" not in answer.headers

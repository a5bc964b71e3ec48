"""One HTTP connection to the server, kept alive. It reads no proxy settings and follows no redirects."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import threading
from urllib.parse import urlsplit

from milepost import __version__
from milepost.client.policy import Reply

_GZIP_FROM = 2048  # bytes; below it compressing costs more than it saves
_MAX_REPLY = 1 << 20

#: What a request may raise: the network's errors, and an answer that is not HTTP.
FAILURES = (OSError, http.client.HTTPException)


class Transport:
    """For one thread; `abort` alone may be called from another."""

    def __init__(self, host: str, timeout: float) -> None:
        """`host` as `config.normalise_host` returns it; `timeout` in seconds, for connecting and for each wait."""
        parts = urlsplit(host)
        self._tls = parts.scheme == "https"
        self._hostname = parts.hostname or ""
        self._port = parts.port
        self._prefix = parts.path
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None
        self._lock = threading.Lock()
        self._aborted = False

    def post(self, path: str, body: bytes, key: str) -> Reply:
        """Sends JSON. Raises one of FAILURES."""
        headers = {"Content-Type": "application/json"}
        if len(body) > _GZIP_FROM:
            body = gzip.compress(body, 6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return self._request("POST", path, body, key, headers)

    def get(self, path: str, key: str) -> Reply:
        """Reads. Raises one of FAILURES."""
        return self._request("GET", path, None, key, {})

    def _request(self, method: str, path: str, body: bytes | None, key: str, headers: dict[str, str]) -> Reply:
        headers |= {
            "Authorization": f"Bearer {key}",
            "User-Agent": f"milepost-python/{__version__}",
            "Accept": "application/json",
        }
        reused = self._connection is not None
        try:
            return self._exchange(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            # The server had closed the idle connection. Ids make sending again harmless.
            if not reused or self._aborted:
                raise
            return self._exchange(method, path, body, headers)

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        connection = self._connect()
        try:
            connection.request(method, self._prefix + path, body, headers)
            response = connection.getresponse()
            data = response.read(_MAX_REPLY)
            reply = Reply(response.status, response.getheader("Retry-After"), response.getheader("Location"), data)
            if response.will_close or not response.isclosed():
                self.close()
            return reply
        except BaseException:
            self.close()
            raise

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            make = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
            connection = make(self._hostname, self._port, timeout=self._timeout)
            with self._lock:
                if self._aborted:
                    raise ConnectionAbortedError("the tracker is shutting down")
                self._connection = connection
        return self._connection

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """From another thread: ends the request in flight, so that its thread can end."""
        with self._lock:
            self._aborted = True
            sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

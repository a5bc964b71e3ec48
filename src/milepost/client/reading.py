"""Reading back: a customer's insights and events, with a secret key or the customer's own token."""

from __future__ import annotations

import json
from urllib.parse import quote

from milepost.client.report import Reporter


class Reader:
    """Each call is one request on a connection of its own, so any thread may call."""

    def __init__(
        self, host: str, reporter: Reporter, secret_key: str | None, token: str | None, timeout: float
    ) -> None:
        self._host = host
        self._reporter = reporter
        self._secret_key = secret_key
        self._token = token
        self._timeout = timeout

    def insights(self, customer_id: object) -> dict[str, object] | None:
        """The customer's insights; None when there are none, or they cannot be had (then `on_error` knows why)."""
        data = self._get(customer_id, "insights")
        return data if isinstance(data, dict) else None

    def events(self, customer_id: object, limit: int) -> list[dict[str, object]]:
        """The customer's newest events, newest first; [] when they cannot be had (then `on_error` knows why)."""
        data = self._get(customer_id, f"events?limit={int(limit)}")
        items = data.get("items") if isinstance(data, dict) else data
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    def _get(self, customer_id: object, what: str) -> object:
        if self._secret_key and customer_id:
            key, path = self._secret_key, f"/v1/customers/{quote(str(customer_id), safe='')}/{what}"
        elif self._token:
            key, path = self._token, f"/v1/me/{what}"
        else:
            self._failed("Reading takes secret_key and customer_id, or a customer's token.")
            return None
        from milepost.client.transport import FAILURES, Transport  # here, for it is slow to load

        transport = Transport(self._host, self._timeout)
        try:
            reply = transport.get(path, key)
            if reply.status == 200:
                data: object = json.loads(reply.body)
                return data
        except (*FAILURES, ValueError) as error:
            self._failed(f"GET {path} failed: {error!r}")
            return None
        finally:
            transport.close()
        if reply.status != 404:  # an unknown customer is an answer
            self._failed(f"GET {path} answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}")
        return None

    def _failed(self, message: str) -> None:
        self._reporter.error("read", message)

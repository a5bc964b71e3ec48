"""A product's page is another site than the server: it sends from anywhere, and reads where a setting says."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser_react.bundle import serving
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, customer_token, running

_PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>A product</title>
<script src="{url}/milepost.js" data-write-key="{key}" data-customer-id="elsewhere" data-token="{token}"></script>
"""
_SEND = """async () => {
  milepost.trackExport({ toolId: "icp-analysis", exportType: "pdf" });
  await milepost.flush();
  return milepost.stats().queued;
}"""
_CHANGE = """async () => {
  const body = JSON.stringify({ leaderboard: "off" });
  try {
    return (await milepost.fetch("game/profile", { method: "PUT", body })).status;
  } catch (error) {
    return error.name;
  }
}"""


@pytest.mark.parametrize("allowed", [True, False])
def test_another_site_reads_where_it_is_set(cluster: Cluster, tmp_path: Path, page: Page, allowed: bool) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    with serving(folder) as site, cluster.database() as dsn:
        environ = {"MILEPOST_ALLOWED_ORIGINS": site if allowed else "https://another.example"}
        with running(Server(tmp_path / "server", database_url=dsn, environ=environ)) as server:
            html = _PAGE.format(url=server.url, key=WRITE_KEY, token=customer_token("elsewhere"))
            (folder / "index.html").write_text(html)
            page.goto(site)
            assert page.evaluate(_SEND) == 0, "every event was taken"
            insights = page.evaluate("milepost.getInsights()")
            if allowed:
                assert insights["customer_id"] == "elsewhere"
                assert page.evaluate(_CHANGE) == 200
            else:
                assert insights is None
                assert page.evaluate(_CHANGE) == "TypeError", "the browser refuses, not the server"

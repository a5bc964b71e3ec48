"""The host page is unharmed, whatever happens to us."""

from __future__ import annotations

import threading
from collections.abc import Callable
from statistics import median

import pytest
from playwright.sync_api import Page

from tests.support.server import free_port, wait_for

from .site import Answer, Site
from .stored import Stored, Tabs, numbers, stats

#: Tracks as a busy page does, a few events every 20 ms; with `events` 0 the same without the SDK.
BUSY = """async ({ rounds, events }) => {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < events; i++)
      milepost.trackToolUsage({
        toolId: "cost-calculator", toolSection: "inputs", metadata: { step: i, label: "usual" },
      });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""
#: One event after another, each in a task of its own; the median of what the caller waited for, in ms. Needs a
#: clock with fine steps: an isolated page.
CALL = """async () => {
  if (!crossOriginIsolated) throw new Error("the page's clock has steps of 0.1 ms");
  const spent = [];
  for (let i = 0; i < 300; i++) {
    const start = performance.now();
    milepost.trackClick({ buttonId: "export", toolId: "cost-calculator", businessImpact: i % 10 ? "low" : "high" });
    spent.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return spent.sort((one, other) => one - other)[150];
}"""
MOST_MS = 0.2


def cost(page: Page) -> float:
    """Milliseconds of the main thread per tracked event, with timers, storage and requests: the median of a few
    turns, in processor time, since others share the processors."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy(rounds: int, events: int) -> float:
        def seconds() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

        before = seconds()
        page.evaluate(BUSY, {"rounds": rounds, "events": events})
        return seconds() - before

    busy(10, 5)  # warm
    return median(1000 * (busy(25, 5) - busy(25, 0)) / 125 for _ in range(7))


def least(measure: Callable[[], float]) -> float:
    """The first of a few measurements that is within the limit, else the least: other work on the machine only adds."""
    best = measure()
    for _ in range(4):
        if best < MOST_MS:
            break
        best = min(best, measure())
    return best


def called(page: Page) -> float:
    """Milliseconds that a caller waits for a track call."""
    return float(page.evaluate(CALL))


@pytest.mark.alone
def test_the_server_is_gone_and_a_call_costs_no_more(site: Site, tab: Tabs) -> None:
    page = tab(site.page("/isolated", customer_id="c", flush_interval=50, host=f"http://127.0.0.1:{free_port()}"))
    assert least(lambda: cost(page)) < MOST_MS
    assert least(lambda: called(page)) < MOST_MS


def test_the_server_is_gone_for_good(site: Site, tab: Tabs) -> None:
    said: list[str] = []
    page = tab()
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.page("/isolated", customer_id="c", flush_interval=50, host=f"http://127.0.0.1:{free_port()}"))
    cost(page)
    called(page)
    page.evaluate("milepost.trackExport({ exportType: 'pdf' })")
    page.wait_for_function("milepost.stats().errors >= 2")
    page.click("#export")
    page.click("#next")
    page.wait_for_function("location.pathname === '/next'")
    left = stats(page)
    assert left["queued"] <= 1000
    # The browser itself notes each failed request; we say nothing.
    assert all("ERR_CONNECTION_REFUSED" in line for line in said)
    assert len(said) < 12


@pytest.mark.alone
def test_cost_of_an_event(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page("/isolated", customer_id=customer))
    assert least(lambda: cost(page)) < MOST_MS
    assert least(lambda: called(page)) < MOST_MS


def test_a_host_that_misuses_it(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    ids = page.evaluate(
        """() => {
          const loop = {}; loop.loop = loop;
          const throws = { get metadata() { throw new Error("no"); } };
          return [
            milepost.track(), milepost.trackToolUsage(), milepost.trackToolUsage(null), milepost.trackClick(7),
            milepost.track("content_interaction", { metadata: loop }),
            milepost.track("content_interaction", { metadata: { big: 1n } }),
            milepost.track("content_interaction", { metadata: { long: "x".repeat(40000) } }),
            milepost.track("content_interaction", throws), milepost.trackResourceGeneration(),
            milepost.trackMilestone(undefined), milepost.identify(), milepost.group(), milepost.alias(),
            milepost.enterTool().id, milepost.page(3),
          ].map((id) => typeof id === "string" && id.length === 36);
        }"""
    )
    assert ids == [True] * 15
    page.evaluate("milepost.trackBehavior(); milepost.trackBehavior(Symbol('a')); milepost.setContext(null)")
    page.evaluate("milepost.setConsent(undefined); milepost.subscribe(() => { throw new Error('host'); })")
    page.evaluate("(customerId) => milepost.setContext({ customerId })", customer)
    page.evaluate("milepost.track('content_interaction', { metadata: { n: 7 } }); milepost.flush()")
    page.wait_for_function("milepost.stats().delivered > 0 && milepost.stats().queued === 0")
    assert numbers(stored()) == [7]
    assert stats(page)["dropped"]["too_large"] == 1
    # What has no name, the loop, the big integer, the getter that throws, and two actions without a word.
    assert stats(page)["dropped"]["invalid"] == 6


def test_two_copies_share_one_tracker(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    page.evaluate(
        """async () => {
          const first = milepost;
          await new Promise((done) => {
            const copy = document.createElement("script");
            Object.assign(copy.dataset, document.querySelector("script").dataset);
            copy.src = "/milepost.js?copy";
            copy.onload = done;
            document.head.append(copy);
          });
          first.trackExport({ exportType: "pdf" });
          milepost.trackExport({ exportType: "csv" });
          milepost.close();
          milepost.close();
          await milepost.flush();
          first.trackExport({ exportType: "email" }); // the first still uses it
          document.getElementById("export").click();
          await first.flush();
        }"""
    )
    rows = stored(5)
    assert [row["event_metadata"].get("export_type") for row in rows if row["event_type"] == "export_action"] == [
        "pdf",
        "csv",
        "email",
    ]
    assert len({row["session_id"] for row in rows}) == 1


def test_a_server_that_hangs(site: Site, tab: Tabs) -> None:
    """The page goes on, and leaves without waiting."""

    gate = threading.Event()
    site.fate = lambda number, seen: Answer(503, hold=gate)
    page = tab(site.page(customer_id="c", flush_interval=50))
    page.evaluate("milepost.trackExport({ exportType: 'pdf' })")
    wait_for(lambda: len(site.requests) > 0, 10, "the request that is never answered")
    page.click("#next")
    page.wait_for_url("**/next*")
    gate.set()

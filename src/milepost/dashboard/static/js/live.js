// The Live page: events as GET /v1/live sends them, newest first, at most ROWS of them.
(() => {
  "use strict";
  const ROWS = 200;
  const WAITING = 1000;
  const { number, time } = window.milepost;
  const byId = (id) => document.getElementById(id);
  const list = byId("live-events");
  const empty = byId("live-empty");
  const state = byId("live-state");
  const customer = byId("live-customer");
  const type = byId("live-type");
  const pause = byId("live-pause");
  const rowTemplate = byId("live-row").content.firstElementChild;

  let paused = false;
  let waiting = [];
  let minutes = null;
  let drawing = false;

  // -- Rows ----------------------------------------------------------------------------------------
  function wanted(row) {
    const text = customer.value.trim().toLowerCase();
    const { customer: id = "", name = "", type: kind } = row.dataset;
    return (!text || id.toLowerCase().includes(text) || name.toLowerCase().includes(text)) && (!type.value || kind === type.value);
  }

  function makeRow(event) {
    const row = rowTemplate.cloneNode(true);
    row.dataset.customer = event.customer_id;
    row.dataset.name = /[\p{L}\p{N}\p{P}\p{S}]/u.test(event.customer_name ?? "") ? event.customer_name : event.customer_id;
    row.dataset.type = event.event_type;
    const when = document.createElement("time");
    when.dateTime = event.timestamp;
    when.textContent = time(event.timestamp, "seconds") ?? "";
    row.querySelector(".when").append(when);
    const link = row.querySelector("a");
    link.href = `/customers/${encodeURIComponent(event.customer_id)}`;
    link.firstElementChild.textContent = row.dataset.name;
    const summary = row.querySelector(".summary bdi");
    summary.textContent = event.summary || event.event_type;
    if (event.event_name) {
      const named = document.createElement("a");
      named.href = `/event-names?q=${encodeURIComponent(event.event_name)}`;
      named.title = "Name this event";
      summary.replaceWith(named);
      named.append(summary);
    }
    const impact = byId(`live-impact-${event.business_impact}`);
    if (impact) row.append(impact.content.cloneNode(true));
    row.classList.add("fresh-row");
    row.hidden = !wanted(row);
    return row;
  }

  // A badge, a level or a recommendation: a row as an event's, with its own mark in place of an impact.
  function makeAnnouncement(told) {
    const row = makeRow({ ...told, timestamp: told.at, event_type: told.kind, summary: [told.title, told.text].filter(Boolean).join(". ") });
    row.classList.add("announced");
    const mark = byId(`live-${told.kind}`);
    if (mark) row.append(mark.content.cloneNode(true));
    return row;
  }

  function refilter() {
    for (const row of list.children) row.hidden = !wanted(row);
    showEmpty();
    const query = new URLSearchParams();
    if (customer.value.trim()) query.set("customer", customer.value.trim());
    if (type.value) query.set("type", type.value);
    history.replaceState(null, "", query.size ? `/live?${query}` : "/live");
  }

  function showEmpty() {
    const none = !list.querySelector("li:not([hidden])");
    empty.hidden = !none;
    const filtered = none && list.children.length > 0;
    empty.querySelector(".empty-title").textContent = filtered ? "Nothing matches right now" : "Nothing right now";
  }

  // -- Drawing: once a frame, however many messages came ----------------------------------------------
  function draw() {
    drawing = false;
    if (minutes) drawMinutes(minutes);
    if (paused) {
      const count = waiting.length;
      pause.querySelector("span").textContent = count ? `Resume (${number(count)}${count >= WAITING ? "+" : ""} waiting)` : "Resume";
      return;
    }
    if (!waiting.length) return;
    const rows = waiting.slice(-ROWS).reverse().map((told) => (told.announcement_id ? makeAnnouncement(told) : makeRow(told)));
    waiting = [];
    list.prepend(...rows);
    while (list.children.length > ROWS) list.lastElementChild.remove();
    showEmpty();
  }

  function schedule() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(draw);
  }

  function drawMinutes(counts) {
    const svg = byId("live-minutes");
    const top = Math.max(1, ...counts);
    svg.setAttribute("viewBox", `0 0 ${counts.length} 100`);
    svg.replaceChildren(...counts.map((count, index) => {
      const bar = document.createElementNS(svg.namespaceURI, "rect");
      const height = (100 * count) / top;
      for (const [key, value] of Object.entries({ x: index + 0.1, y: 100 - height, width: 0.8, height })) bar.setAttribute(key, value);
      return bar;
    }));
    const count = counts.at(-1) ?? 0;
    byId("live-count").textContent = number(count);
    byId("live-noun").textContent = count === 1 ? "event" : "events";
    minutes = null;
  }

  // -- The stream: EventSource retries a broken line by itself, not a refused one; that is done here -----
  let source = null;
  let delay = 1000;
  // Every connection goes on where the one before ended, the first where the page was made. What was stored meanwhile
  // may stand on the page already.
  let { position } = list.dataset;
  const standing = new Set([...list.children].map((row) => row.dataset.event));
  function connect() {
    source = new EventSource(`/v1/live?${new URLSearchParams({ after: position })}`);
    source.addEventListener("open", () => { delay = 1000; state.textContent = paused ? "Paused" : "Connected"; });
    source.addEventListener("error", () => {
      state.textContent = "Connection lost, trying again…";
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, delay * (0.75 + Math.random() / 2));
      delay = Math.min(delay * 2, 30000);
    });
    source.addEventListener("events", (message) => {
      const data = JSON.parse(message.data);
      // A hidden tab gets no frames: what waits is bounded, the newest are kept.
      const events = (data.events ?? []).filter((event) => !standing.has(event.event_id));
      waiting = waiting.concat(events, data.announcements ?? []).slice(-WAITING);
      position = data.position ?? position;
      minutes = data.per_minute ?? minutes;
      schedule();
    });
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector("use").setAttribute("href", pause.querySelector("use").getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
    pause.querySelector("span").textContent = paused ? "Resume" : "Pause";
    state.textContent = paused ? "Paused" : "Connected";
    schedule();
  });
  customer.addEventListener("input", refilter);
  type.addEventListener("change", refilter);
  byId("live-filter").addEventListener("submit", (event) => event.preventDefault());
  refilter();
  connect();
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
})();

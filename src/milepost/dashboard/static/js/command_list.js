// The command bar's list: one field that goes anywhere, by the ARIA pattern of a combobox whose list stays open. Pages
// and actions come from what stands in the page; customers, people and saved things from the server, while one types.
(() => {
  "use strict";
  const bar = document.getElementById("command");
  const field = document.getElementById("command-input");
  const list = document.getElementById("command-list");
  const state = bar.querySelector("[data-state]");
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0];
  const RECENT = "milepost-recent";
  const MOST_RECENT = 8;
  const ICONS = { customer: "users", person: "user-round", report: "bookmark", dashboard: "layout-dashboard", cohort: "users-round", segment: "users-round" };
  const TITLES = { customer: "Customers", person: "People", report: "Saved", dashboard: "Saved", cohort: "Saved", segment: "Saved" };
  const SENTENCES = [
    { begins: /^(?:(?:log|record)\s+)?(?:an?\s+)?(?:call|action)(?:\s+with)?\s+(\S.*)$/i, says: "Log a call with", place: "#action-action_type", icon: "handshake" },
    { begins: /^(?:(?:add|set|new)\s+)?(?:a\s+)?task(?:\s+(?:for|to))?\s+(\S.*)$/i, says: "Add a task for", place: "#task-title", icon: "list-checks" },
    { begins: /^(?:(?:write|add|new)\s+)?(?:a\s+)?note(?:\s+(?:about|on|for|to))?\s+(\S.*)$/i, says: "Write a note about", place: "#note-text", icon: "sticky-note" },
  ];

  // -- What was opened lately: names and addresses, on this device alone, until one signs out -----------------
  function recent() {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT) ?? "[]");
      return (Array.isArray(kept) ? kept : []).filter((one) => typeof one?.name === "string" && /^\/(?!\/)/.test(one.href)).slice(0, MOST_RECENT);
    } catch {
      return [];  // another program's, or broken: it is written anew
    }
  }
  function remember({ kind, name, hint, href }) {
    if (!kind) return;
    const kept = [{ kind, name, hint, href }, ...recent().filter((one) => one.href !== href)].slice(0, MOST_RECENT);
    localStorage.setItem(RECENT, JSON.stringify(kept));
  }

  // -- What the page itself knows -------------------------------------------------------------------------------
  function own() {
    const pages = [...document.querySelectorAll('nav[aria-label="Main"] a')].map((link) => (
      { group: "Pages", name: link.textContent.trim(), href: link.getAttribute("href"), icon: link.querySelector("use")?.getAttribute("href").split("#")[1], words: "" }));
    const actions = [...document.getElementById("command-actions").content.children].map((one) => (
      { group: "page" in one.dataset ? "Pages" : "Do", name: one.textContent, href: one.getAttribute("href"), icon: one.dataset.icon, words: one.dataset.words, fill: one.dataset.fill, run: one.dataset.do }));
    return [...pages, ...actions];
  }
  const has = (text, query) => query.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));

  // -- What the server found: the answer to the newest question alone is shown ----------------------------------
  let found = { query: "", items: [], whole: true };
  let asked = 0;
  let waiting = false;
  let trouble = false;
  let timer = 0;
  let abort = new AbortController();
  const sentence = (text) => SENTENCES.map((one) => ({ ...one, rest: one.begins.exec(text)?.[1] })).find((one) => one.rest);
  const query = () => field.value.trim().replace(/\s+/g, " ");

  function ask() {
    clearTimeout(timer);
    abort.abort();
    abort = new AbortController();
    const text = sentence(query())?.rest ?? query();
    const mine = ++asked;
    trouble = false;
    waiting = text !== "";
    if (!waiting) { found = { query: "", items: [], whole: true }; return; }
    timer = setTimeout(async () => {
      try {
        const answer = await fetch(`/search?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, signal: abort.signal });
        const elsewhere = answer.headers.get("HX-Redirect");
        if (elsewhere) { location.assign(elsewhere); return; }
        if (!answer.ok) throw new Error(String(answer.status));
        const results = await answer.json();
        if (mine !== asked) return;
        found = { query: text, ...results };
      } catch (error) {
        if (mine !== asked || error.name === "AbortError") return;
        found = { query: text, items: [], whole: true };
        trouble = true;
      }
      waiting = false;
      show();
    }, 90);
  }

  // -- The list ---------------------------------------------------------------------------------------------------
  let options = [];
  let active = -1;
  let moved = false;
  let enterWaits = null;

  function wanted() {
    const text = query();
    if (!text) return [...recent().map((one) => ({ ...one, group: "Recent", icon: ICONS[one.kind] })), ...own().sort((a, b) => (a.group > b.group) - (a.group < b.group))];
    const begun = sentence(text);
    const asks = begun?.rest ?? text;
    // Until its own answer is there, of the last one only what fits this question too.
    const there = found.items.filter((one) => found.query === asks || has(`${one.name} ${one.hint}`, asks));
    const things = there.map((one) => ({ ...one, group: TITLES[one.kind], icon: ICONS[one.kind] }));
    const doing = begun ? things.filter((one) => one.kind === "customer").map((one) => (
      { group: "Do", name: `${begun.says} ${one.name}`, hint: one.hint, href: `${one.href}${begun.place}`, icon: begun.icon })) : [];
    const pages = own().filter((one) => has(`${one.name} ${one.words}`, text));
    const first = pages.filter((one) => one.name.toLowerCase().startsWith(text.toLowerCase()));
    const rest = pages.filter((one) => !first.includes(one));
    const all = { group: "More", name: `All customers with “${asks}”`, href: `/customers?q=${encodeURIComponent(asks)}`, icon: "search" };
    return [...doing, ...first, ...things, ...rest, all];
  }

  function part(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(svg.namespaceURI, "use"));
    svg.firstChild.setAttribute("href", `${sprite}#${name ?? "arrow-right"}`);
    return svg;
  }

  function show() {
    const before = moved ? options[active]?.key : undefined;
    const groups = new Map();
    for (const one of wanted()) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    list.replaceChildren();
    options = [];
    for (const [title, items] of groups) {
      const group = part("div", "command-group");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", title);
      const heading = part("div", "command-title", title);
      heading.setAttribute("aria-hidden", "true");
      group.append(heading);
      for (const one of items) {
        const option = part(one.href ? "a" : "div", "command-option");
        option.id = `command-option-${options.length}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        if (one.href) { option.href = one.href; option.tabIndex = -1; }
        option.append(icon(one.icon), part("bdi", "clip", one.name));
        if (one.hint) option.append(part("bdi", "clip hint", one.hint));
        options.push({ ...one, option, key: `${title} ${one.href ?? one.name}` });
        group.append(option);
      }
      list.append(group);
    }
    const again = options.findIndex((one) => one.key === before);
    moved = again >= 0;
    choose(moved ? again : 0);
    const count = options.filter((one) => one.group !== "More").length;
    state.textContent = trouble ? "The server did not answer. What stands here is known without it."
      : waiting ? "Searching…"
      : !found.whole ? "There was no time to look through everything. Type more of the name."
      : !query() ? "" : count ? `${count} found` : "Nothing has this name.";
    state.classList.toggle("sr-only", !trouble && found.whole && (waiting || !query() || count > 0));
    field.setAttribute("aria-expanded", String(options.length > 0));
    if (enterWaits && !waiting) { const how = enterWaits; enterWaits = null; open(options[active], how.tab); }
  }

  function choose(index, scroll = false) {
    options[active]?.option.setAttribute("aria-selected", "false");
    active = options.length ? Math.max(0, Math.min(index, options.length - 1)) : -1;
    const option = options[active]?.option;
    if (option) {
      option.setAttribute("aria-selected", "true");
      field.setAttribute("aria-activedescendant", option.id);
      if (scroll) (active === 0 ? list.firstElementChild : option).scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  }

  function open(one, tab) {
    if (!one) return;
    if (one.fill) { field.value = one.fill; changed(); field.focus(); return; }
    remember(one);
    if (one.href && tab) { window.open(one.href, "_blank", "noopener"); return; }
    bar.close();
    if (one.href) location.assign(one.href);
    else if (one.run === "theme") document.querySelector("[data-theme-button]").click();
    else if (one.run === "keys") window.milepost.showKeys();
    else if (one.run === "sign-out") document.querySelector('form[action="/sign-out"]').requestSubmit();
  }

  function changed() {
    moved = false;
    enterWaits = null;
    ask();
    show();
    list.scrollTop = 0;
  }

  field.addEventListener("input", changed);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const to = { ArrowDown: active + 1 < options.length ? active + 1 : 0, ArrowUp: active > 0 ? active - 1 : options.length - 1, Home: 0, End: options.length - 1 }[event.key];
    if (to !== undefined && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      moved = true;
      choose(to, true);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const tab = event.ctrlKey || event.metaKey;
      // Who types faster than the server answers means what is still to come, unless something was chosen.
      if (waiting && !moved && (options[active]?.group === "More" || active < 0)) enterWaits = { tab };
      else open(options[active], tab);
    }
  });
  list.addEventListener("pointermove", (event) => {
    const index = options.findIndex((one) => one.option === event.target.closest("[role=option]"));
    if (index >= 0 && index !== active) { moved = true; choose(index); }
  });
  // The field keeps the focus: the list is walked from there.
  list.addEventListener("pointerdown", (event) => { if (event.button === 0) event.preventDefault(); });
  list.addEventListener("click", (event) => {
    const one = options.find(({ option }) => option === event.target.closest("[role=option]"));
    if (!one) return;
    if (one.href && (event.ctrlKey || event.metaKey || event.shiftKey)) { remember(one); return; }
    event.preventDefault();
    open(one, false);
  });
  bar.addEventListener("close", () => { clearTimeout(timer); abort.abort(); asked += 1; });
  window.milepost.listCommands = changed;
})();

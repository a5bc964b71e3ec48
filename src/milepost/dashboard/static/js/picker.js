// One searchable picker for events, tools, fields and values: a field over a plain select or input (data-pick), by the ARIA
// pattern of a combobox with a list. What there is comes from the server, under the team's own names; what was chosen
// lately stands first. Without scripts the select or input is as it stands in the page.
(() => {
  "use strict";
  const RECENT = "milepost-picked";
  const [MOST_RECENT, MOST_SHOWN, AGAIN_MS] = [5, 200, 1000];
  const asked = new Map();
  let open = null;

  const state = document.createElement("div");
  state.className = "sr-only";
  state.setAttribute("role", "status");
  document.body.append(state);

  // -- What was chosen lately: on this device alone, until one signs out -----------------------------------------
  function recent() {
    try {
      const kept = JSON.parse(localStorage.getItem(RECENT) ?? "{}");
      return kept && typeof kept === "object" ? kept : {};
    } catch {
      return {};  // another program's, or broken: it is written anew
    }
  }
  function remember(kind, { value, name, hint }) {
    if (!value) return;
    const { [kind]: before, ...rest } = recent();
    const others = (Array.isArray(before) ? before : []).filter((one) => one.value !== value);
    localStorage.setItem(RECENT, JSON.stringify({ ...rest, [kind]: [{ value, name, hint }, ...others].slice(0, MOST_RECENT) }));
  }
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/sign-out") localStorage.removeItem(RECENT);
  });

  // -- What there is ---------------------------------------------------------------------------------------------
  function fetched(of, field, query) {
    const address = `/questions/picks?${new URLSearchParams({ of, field, q: query })}`;
    if (!asked.has(address)) {
      asked.set(address, fetch(address, { headers: { Accept: "application/json", "HX-Request": "true", "HX-Current-URL": location.href } })
        .then((answer) => {
          const elsewhere = answer.headers.get("HX-Redirect");
          if (elsewhere) location.assign(elsewhere);
          if (!answer.ok || elsewhere) throw new Error(String(answer.status));
          return answer.json();
        })
        .catch(() => { asked.delete(address); return null; }));
    }
    return asked.get(address);
  }
  const has = (one, query) => query.toLowerCase().split(/\s+/).every((word) => `${one.name}\n${one.hint ?? ""}\n${one.value}`.toLowerCase().includes(word));
  const rank = (one, query) => {
    const name = one.name.toLowerCase();
    return name === query ? 0 : name.startsWith(query) ? 1 : name.includes(` ${query}`) ? 2 : 3;
  };

  function part(tag, className, text) {
    const element = document.createElement(tag);
    element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function enhance(source) {
    const { pick: of, field = "", lead = "", says } = source.dataset;
    const kind = field ? `${of}:${field}` : of;
    const isSelect = source.matches("select");
    const box = part("span", says ? "picker adds" : "picker");
    const input = part("input", "picker-field");
    const list = part("div", "picker-list");
    Object.assign(list, { id: `${source.id}-list`, hidden: true, role: "listbox" });
    const label = document.querySelector(`label[for="${CSS.escape(source.id)}"]`);
    const called = source.getAttribute("aria-label") ?? label?.textContent.trim() ?? "Choose";
    if (label) label.htmlFor = `${source.id}-pick`; else input.setAttribute("aria-label", called);
    list.setAttribute("aria-label", called);
    const marks = { id: `${source.id}-pick`, type: "text", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "4000",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, placeholder: says ? `+ ${says}` : source.placeholder ?? "" };
    for (const [name, value] of Object.entries(marks)) input.setAttribute(name, value);
    box.append(input, list);
    source.after(box);
    source.hidden = true;

    const shown = () => says ? "" : isSelect ? source.selectedOptions[0]?.textContent.trim() ?? "" : source.dataset.shown || source.value;
    let options = [];
    let active = -1;
    let typed = false;
    let found = null;
    let failed = false;
    let timer = 0;
    const query = () => typed ? input.value.trim().replace(/\s+/g, " ") : "";
    // Its own words, until the server's are there.
    const own = () => isSelect ? [{ title: "", options: [...source.options].filter((one) => one.value).map((one) => ({ value: one.value, name: one.textContent.trim() })) }] : [];

    function groups() {
      const text = query();
      const there = (found?.groups ?? own()).map((group) => ({ ...group, options: group.options.filter((one) => has(one, text)) }));
      if (text) {
        // What fits best comes first, whatever it is a kind of.
        const fit = (one) => rank(one, text.toLowerCase());
        for (const group of there) group.options.sort((a, b) => fit(a) - fit(b));
        there.sort((a, b) => Math.min(4, ...a.options.slice(0, 1).map(fit)) - Math.min(4, ...b.options.slice(0, 1).map(fit)));
      }
      const free = of === "value" ? { value: text, name: `Use “${text}”`, as: text } : ["event", "tool"].includes(of) ? null : { value: `metadata.${text}`, name: `Event property “${text}”`, as: text };
      const exact = there.some((group) => group.options.some((one) => one.name.toLowerCase() === text.toLowerCase()));
      const other = text && free && !exact ? [{ title: "", options: [free] }] : [];
      const none = isSelect && !says && source.querySelector('option[value=""]');
      const clear = { title: "", options: none ? [{ value: "", name: none.textContent.trim(), plain: true }].filter((one) => has(one, text)) : [] };
      if (text) return of === "value" && text.includes(",") ? [...other, ...there] : [...there, clear, ...other];
      const lately = (recent()[kind] ?? []).filter((one) => typeof one?.value === "string" && typeof one.name === "string");
      return [clear, { title: "Recent", options: lately }, ...there];
    }

    function show() {
      list.replaceChildren();
      options = [];
      for (const { title, options: items } of groups()) {
        if (!items.length || options.length >= MOST_SHOWN) continue;
        const group = Object.assign(part("div", "picker-group"), { role: "group" });
        group.setAttribute("aria-label", title || called);
        if (title) {
          const heading = part("div", "picker-title", title);
          heading.setAttribute("aria-hidden", "true");
          group.append(heading);
        }
        for (const one of items.slice(0, MOST_SHOWN - options.length)) {
          const element = Object.assign(part("div", "picker-option"), { id: `${list.id}-${options.length}`, role: "option" });
          element.setAttribute("aria-selected", "false");
          element.append(part("bdi", "clip", one.name));
          if (one.hint) element.append(part("bdi", "clip hint", one.hint));
          options.push({ ...one, element });
          group.append(element);
        }
        list.append(group);
      }
      if (failed) list.append(part("p", "picker-none", "The server does not answer. Trying again…"));
      else if (!options.length) list.append(part("p", "picker-none", found ? "Nothing has this name." : "Looking…"));
      else if (found?.more && !query()) list.append(part("p", "picker-none", "There are more: type a part of the name."));
      const here = typed || says ? 0 : options.findIndex((one) => one.value === source.value);
      choose(Math.max(0, here));
      state.textContent = options.length ? `${options.length} to choose from` : "";
    }
    function choose(at) {
      options[active]?.element.setAttribute("aria-selected", "false");
      active = options.length ? (at + options.length) % options.length : -1;
      const element = options[active]?.element;
      if (!element) { input.removeAttribute("aria-activedescendant"); return; }
      element.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", element.id);
      element.scrollIntoView({ block: "nearest" });
    }
    async function look() {
      const whole = await fetched(of, field, "");
      const text = query();
      const answer = whole?.more && text ? await fetched(of, field, text) : whole;
      if (open !== self || query() !== text) return;
      failed = !answer;
      if (answer) found = answer; else timer = setTimeout(look, AGAIN_MS);
      show();
    }
    function start() {
      if (open === self) return;
      open?.close();
      open = self;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      show();
      look();
    }
    function close() {
      if (open === self) open = null;
      clearTimeout(timer);
      typed = false;
      found = null;
      failed = false;
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      input.value = shown();
      if (document.activeElement === input) input.select();
    }
    function take(one) {
      const changed = says || one.value !== source.value;
      if (isSelect && ![...source.options].some((option) => option.value === one.value)) source.append(new Option(lead + (one.as ?? one.name), one.value));
      if (!isSelect) source.dataset.shown = one.as ?? one.name;
      source.value = one.value;
      if (!one.plain) remember(kind, { ...one, name: one.as ?? one.name });
      close();
      if (changed) source.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const self = { close, typed: () => typed, again(text) { typed = text !== null; if (typed) input.value = text; start(); } };

    input.value = shown();
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("focus", () => input.select());
    // A press on what is selected sets the caret when it is over, after the click.
    input.addEventListener("click", () => { start(); setTimeout(() => { if (!typed) input.select(); }); });
    input.addEventListener("input", () => {
      typed = true;
      start();
      show();
      clearTimeout(timer);
      timer = setTimeout(look, 90);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        if (open === self) choose(active + step); else start();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (open !== self) start(); else if (options[active]) take(options[active]);
      } else if (event.key === "Escape" && open === self) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    // What was typed as a value is one; of all else only what was chosen from the list.
    input.addEventListener("blur", () => {
      const text = query();
      if (!document.contains(input)) return;
      if (of === "value" && typed && text !== source.value) take({ value: text, name: text, plain: true }); else close();
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("pointermove", (event) => {
      const at = options.findIndex((one) => one.element === event.target.closest("[role=option]"));
      if (at >= 0 && at !== active) choose(at);
    });
    list.addEventListener("click", (event) => {
      const one = options.find(({ element }) => element === event.target.closest("[role=option]"));
      if (one) take(one);
    });
    input.picker = self;
  }

  const enhanceAll = () => { for (const source of document.querySelectorAll("[data-pick]:not([hidden])")) enhance(source); };
  enhanceAll();

  // -- An answer replaces the form: whoever was in a picker still is ----------------------------------------------
  let left = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const field = document.activeElement;
    left = field?.picker ? { id: field.id, open: open === field.picker, text: field.picker.typed() ? field.value : null } : null;
  });
  document.addEventListener("htmx:afterSwap", () => {
    enhanceAll();
    const field = left && document.getElementById(left.id);
    const { text, open: wasOpen } = left ?? {};
    left = null;
    if (!field?.picker) return;
    field.focus({ preventScroll: true });
    if (wasOpen) field.picker.again(text);
  });
})();

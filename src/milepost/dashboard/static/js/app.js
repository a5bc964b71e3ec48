// Theme, copying, table keys, and what charts can do beyond standing still. Everything works without it.
(() => {
  "use strict";
  const { number, time } = window.milepost;

  // -- Theme: system, light, dark ------------------------------------------------------------------
  const themeButton = document.querySelector("[data-theme-button]");
  if (themeButton) {
    const names = { "": "System theme", light: "Light theme", dark: "Dark theme" };
    const order = ["", "light", "dark"];
    const label = themeButton.querySelector("[data-theme-label]");
    const current = () => document.documentElement.dataset.theme ?? "";
    const show = () => { label.textContent = names[current()]; };
    themeButton.hidden = false;
    show();
    themeButton.addEventListener("click", () => {
      const next = order[(order.indexOf(current()) + 1) % order.length];
      if (next) {
        document.documentElement.dataset.theme = next;
        localStorage.setItem("milepost-theme", next);
      } else {
        delete document.documentElement.dataset.theme;
        localStorage.removeItem("milepost-theme");
      }
      show();
    });
  }

  // Whoever signs in next need not see what was looked at before: the session may have ended by itself.
  if (document.querySelector('form[action="/sign-in"]')) for (const key of ["milepost-recent", "milepost-picked"]) localStorage.removeItem(key);

  // A part of another page, to be put into this one; nothing where it is given up. Where it cannot be had the browser goes
  // to `page`, which says what is wrong.
  window.milepost.partOf = async (address, selector, signal, page = address) => {
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Current-URL": location.href }, signal });
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) { location.assign(elsewhere); return undefined; }
      const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(selector);
      if (signal.aborted) return undefined;
      if (part) return document.adoptNode(part);
      location.assign(page);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(page);
    }
    return undefined;
  };

  // -- Menus and chips: closed by Escape and by a click elsewhere; with `name`, one is open at a time ----------
  const menus = () => [...document.querySelectorAll("details:is(.menu, [data-chip])[open]")];
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu[open], [data-chip][open]") || menu.closest("form.question")) return;
    if (document.activeElement === menu.querySelector("summary")) menu.querySelector("summary + * :is(a, button, select, textarea, input:not([type=hidden]))")?.focus();
  }, true);
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("[aria-expanded=true]") || document.querySelector("dialog[open], :popover-open")) return;
    const [menu] = menus();
    if (!menu) return;
    if (event.key === "Escape") {
      event.stopImmediatePropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    // Among what is to choose: arrows, and the letter it begins with.
    const choices = [...menu.querySelectorAll(".menu-choice")];
    const at = choices.indexOf(document.activeElement);
    const begins = (choice) => choice.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
    const next = { ArrowDown: choices[at + 1], ArrowUp: choices[at - 1] }[event.key]
      ?? (at >= 0 && event.key.length === 1 && event.key !== " " ? [...choices.slice(at + 1), ...choices].find(begins) : undefined);
    if (at < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }, true);

  // -- Copy: the code block or the marked text beside the button -------------------------------------
  const reveal = (root) => root.querySelectorAll("[data-copy], [data-save]").forEach((button) => { button.hidden = false; });
  reveal(document);
  document.addEventListener("htmx:afterSwap", () => reveal(document));

  async function copy(button) {
    const box = button.parentElement;
    const text = box.querySelector("[data-copy-text]")?.dataset.copyText ?? box.querySelector("code").textContent;
    const label = button.querySelector("span");
    const before = [...label.childNodes];
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = "Copied";
    } catch {
      // Without a secure context there is no clipboard: select the text, so that one key copies it.
      getSelection().selectAllChildren(box.querySelector("code, [data-copy-text]"));
      label.textContent = "Selected";
    }
    setTimeout(() => { label.replaceChildren(...before); }, 1600);
  }

  // -- Charts: CSV from the table, PNG from the drawing ------------------------------------------------
  function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function csv(table) {
    const cell = (element) => {
      const exact = element.querySelector("data, time");
      let text = exact ? exact.value ?? exact.dateTime : element.textContent.trim();
      if (!exact && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;  // a spreadsheet would run it
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const rows = [...table.rows].map((row) => [...row.cells].map(cell).join(","));
    return new Blob(["\ufeff", rows.join("\r\n"), "\r\n"], { type: "text/csv;charset=utf-8" });
  }

  const drawn = ["fill", "stroke", "stroke-width", "stroke-linejoin", "stroke-dasharray", "opacity", "font-size", "font-weight", "display"];
  function frozen(svg, x, width, height) {
    // A picture loads no style sheet: what the sheet says is written into the copy.
    const clone = svg.cloneNode(true);
    const from = svg.querySelectorAll("*");
    clone.querySelectorAll("*").forEach((element, index) => {
      const style = getComputedStyle(from[index]);
      for (const property of drawn) element.setAttribute(property, style.getPropertyValue(property));
    });
    for (const [name, value] of Object.entries({ x, y: 0, width, height })) clone.setAttribute(name, value);
    return clone;
  }

  function png(figure, name) {
    const margin = 24;
    const head = 72;
    const plots = [...figure.querySelectorAll("[data-plot] > svg")];
    const widths = plots.map((svg) => svg.getBoundingClientRect().width);
    const height = plots[0].getBoundingClientRect().height;
    const width = widths.reduce((a, b) => a + b, 0) + 2 * margin;
    const page = getComputedStyle(document.body);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [key, value] of Object.entries({ width, height: height + head + margin, "font-family": "Inter, system-ui, sans-serif" })) svg.setAttribute(key, value);
    const say = (text, y, attributes) => {
      const element = document.createElementNS(svg.namespaceURI, "text");
      for (const [key, value] of Object.entries({ x: margin, y, ...attributes })) element.setAttribute(key, value);
      element.textContent = text;
      svg.append(element);
    };
    say(figure.querySelector("h2, h3").textContent, 32, { "font-size": 16, "font-weight": 600, fill: page.color });
    const caption = figure.querySelector("figcaption p");
    say(caption.textContent, 54, { "font-size": 12, fill: getComputedStyle(caption).color });
    const put = (plot, left, top, wide, high) => {
      const copyOfPlot = frozen(plot, left, wide, high);
      copyOfPlot.setAttribute("y", top);
      svg.append(copyOfPlot);
    };
    let x = margin;
    plots.forEach((plot, index) => {
      put(plot, x, head, widths[index], height);
      x += widths[index];
    });
    const marks = figure.querySelector("[data-annotations] > svg");
    if (marks) {
      const box = marks.getBoundingClientRect();
      const first = plots[0].getBoundingClientRect();
      put(marks, margin + box.left - first.left, head + box.top - first.top, box.width, box.height);
    }
    const image = new Image();
    const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      canvas.width = width * 2;
      canvas.height = (height + head + margin) * 2;
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.fillStyle = page.backgroundColor;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(image, 0, 0);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => save(blob, name));
    });
    image.src = address;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy], button[data-save]");
    if (!button) return;
    if ("copy" in button.dataset) { copy(button); return; }
    const figure = button.closest("[data-chart]");
    const name = `milepost-${figure.dataset.chart}-${new Date().toISOString().slice(0, 10)}`;
    if (button.dataset.save === "csv") save(csv(figure.querySelector("table")), `${name}.csv`);
    else png(figure, `${name}.png`);
  });

  // -- Charts: the day under the pointer, or the one the arrow keys reach -------------------------------
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const columns = [...figure.querySelectorAll(".column")];
    const area = figure.querySelector(".plot-area");
    if (!area) continue;
    const reading = figure.querySelector(".reading");
    const unit = figure.querySelector("th.num").textContent.toLowerCase();
    let at = columns.length;
    const read = (index) => {
      columns[at]?.classList.remove("read");
      at = index;
      const column = columns[at];
      column?.classList.add("read");
      reading.textContent = column ? `${figure.dataset.reading ?? ""}${time(column.dataset.day, "day")}: ${number(Number(column.dataset.value))} ${unit}` : "";
    };
    columns.forEach((column, index) => column.addEventListener("pointerenter", () => read(index)));
    area.addEventListener("pointerleave", () => read(columns.length));
    area.addEventListener("blur", () => read(columns.length));
    area.addEventListener("keydown", (event) => {
      const last = columns.length - 1;
      const next = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      read(next);
    });
  }

  // -- Keys: "/" searches, up and down walk through the rows of a table ------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing) {
      const search = document.querySelector("[data-search]");
      event.preventDefault();
      if (search) { search.focus(); search.select(); } else window.milepost.openCommand?.();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...document.querySelectorAll("[data-rows] tbody .who a")];
    const at = links.indexOf(document.activeElement);
    const fromSearch = event.target.matches("[data-search]") && event.key === "ArrowDown";
    if (at < 0 && !fromSearch) return;
    event.preventDefault();
    (links[event.key === "ArrowDown" ? at + 1 : at - 1] ?? document.activeElement).focus();
  });
})();


"use strict";
// Comfort only: without this script the page is complete, with all rows in their order and the contents open.
(() => {
  const root = document.documentElement;
  const words = JSON.parse(document.body.dataset.words);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);

  // Switches: colour scheme and code.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const folds = () => all("details.code");
  const switches = {
    theme: {
      on: isDark,
      flip() {
        root.dataset.theme = isDark() ? "light" : "dark";
        try { localStorage.setItem("sitrep-theme", root.dataset.theme); } catch { /* not remembered */ }
      },
    },
    code: {
      on: () => folds().length > 0 && folds().every((fold) => fold.open),
      flip() {
        const open = !this.on();
        folds().forEach((fold) => { fold.open = open; });
      },
    },
  };
  for (const button of all("[data-switch]")) {
    const state = switches[button.dataset.switch];
    const show = () => button.setAttribute("aria-pressed", String(state.on()));
    if (button.dataset.switch === "code") button.hidden = folds().length === 0;
    button.addEventListener("click", () => { state.flip(); show(); });
    system.addEventListener("change", show);
    show();
  }
  all(".tools").forEach((tools) => { tools.hidden = false; });

  // Contents: folded on phones, the current section marked.
  const wide = matchMedia("(min-width: 64rem)");
  const contents = document.querySelector("details.contents");
  if (contents) {
    const fit = () => { contents.open = wide.matches; };
    fit();
    wide.addEventListener("change", fit);
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a") && !wide.matches) contents.open = false;
    });
    const links = new Map(all("a", contents).map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    const passed = new Set();
    let current = null;
    const mark = (entries) => {
      for (const entry of entries) passed[entry.isIntersecting ? "add" : "delete"](entry.target);
      const heading = headings.findLast((one) => passed.has(one));
      const link = heading ? links.get(heading.id) : null;
      if (link === current) return;
      current?.removeAttribute("aria-current");
      link?.setAttribute("aria-current", "location");
      current = link;
      if (!link || !wide.matches) return;
      const box = link.getBoundingClientRect();
      if (box.top < 0 || box.bottom > innerHeight) contents.closest(".side").scrollTop += box.top - innerHeight / 2;
    };
    // The area watched reaches far above the window: a heading is in it once it has passed the top eighth.
    const watch = new IntersectionObserver(mark, { rootMargin: "1000000px 0px -88% 0px" });
    headings.forEach((heading) => watch.observe(heading));
  }

  // Drawings wider than the screen scroll in their box, by keyboard too.
  const canvases = all(".canvas");
  const reach = () => canvases.forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  reach();
  addEventListener("resize", reach);

  // Tables: sorting by column, filtering by words.
  const SORTED_ROWS = 5; // shorter tables are seen at a glance
  const months = words.months.map((month) => month.toLowerCase());
  const textOf = (row, column) => row.cells[column].textContent.trim();
  const isMissing = (text) => text === "" || text === "–" || text === "—";
  const dateOf = (text) => {
    const iso = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(text);
    if (iso) return Number(iso[1] + iso[2] + (iso[3] ?? "00"));
    const said = /^(?:(\d{1,2})(?:[–-]\d{1,2})? )?(\p{L}{3,})\.? (\d{4})/u.exec(text);
    const month = said ? months.findIndex((name) => name.startsWith(said[2].toLowerCase())) : -1;
    return month < 0 ? NaN : Number(said[3]) * 10000 + (month + 1) * 100 + Number(said[1] ?? 0);
  };
  const numberOf = (text) => {
    const found = /^[<>≤≥≈~]?\s*([+−-]?)(\d[\d,\u2009\u202f]*(?:\.\d+)?)(?![\w-])/.exec(text); // 3, 3.1%, 3 (1 to 5); not 2020-001
    return found ? Number((found[1] === "−" ? "-" : found[1]) + found[2].replace(/[,\u2009\u202f]/g, "")) : NaN;
  };
  const keyOf = (texts) => {
    const known = texts.filter((text) => !isMissing(text));
    return [dateOf, numberOf].find((read) => known.length && known.every((text) => !Number.isNaN(read(text))));
  };
  const collator = new Intl.Collator(root.lang, { numeric: true, sensitivity: "base" });

  // Put a field that filters *items* by words into *box*, before *place* or first; return the bar it stands in.
  const filtered = (box, items, said, place = null) => {
    const label = make("label", { className: "filter", textContent: said.filter });
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const count = make("span", { className: "count" });
    count.setAttribute("role", "status");
    label.append(input);
    const bar = make("div", { className: "filters" });
    bar.append(label, count);
    box.insertBefore(bar, place ?? box.firstChild);
    const lower = new Map();
    input.addEventListener("input", () => {
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const item of items) {
        if (!lower.has(item)) lower.set(item, item.textContent.toLowerCase());
        item.hidden = !asked.every((word) => lower.get(item).includes(word));
        shown += !item.hidden;
      }
      count.textContent = asked.length ? said.shown.replace("{shown}", shown).replace("{all}", items.length) : "";
    });
    return bar;
  };

  for (const table of all("figure.table table")) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    if (original.length >= SORTED_ROWS) heads.forEach((head, column) => {
      const label = head.textContent;
      const button = make("button", { type: "button", className: "sort", title: `${words.sort} ${label}` });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        const order = next === undefined ? "ascending" : next;
        if (!order) return body.append(...original);
        head.setAttribute("aria-sort", order);
        const texts = new Map(original.map((row) => [row, textOf(row, column)]));
        const read = keyOf([...texts.values()]);
        const way = order === "ascending" ? 1 : -1;
        body.append(...[...original].sort((one, two) => {
          const [a, b] = [texts.get(one), texts.get(two)];
          if (isMissing(a) || isMissing(b)) return isMissing(a) - isMissing(b);
          return way * (read ? read(a) - read(b) : collator.compare(a, b));
        }));
      });
    });

    const figure = table.closest("figure");
    if ("filter" in figure.dataset) filtered(figure, original, words);
  }

  // Lists: the same filter; incidents can be put in another order, and open where a link leads to one.
  for (const list of all(".list")) {
    const items = list.querySelector(".items");
    const original = [...items.children];
    if (original.length < SORTED_ROWS) continue;
    const bar = filtered(list, original, list.dataset, items);
    if (!("orders" in list.dataset)) continue;
    const keys = {
      day: () => 0,
      site: (item) => item.querySelector("summary").children[1].textContent,
      mentions: (item) => -item.querySelectorAll("li").length,
      harm: (item) => -(item.dataset.harm ?? 0),
    };
    const label = make("label", { className: "filter", textContent: list.dataset.order });
    const choice = make("select");
    for (const [value, text] of Object.entries(JSON.parse(list.dataset.orders))) choice.append(make("option", { value, textContent: text }));
    choice.addEventListener("change", () => {
      const known = new Map(original.map((item) => [item, keys[choice.value](item)]));
      items.append(...[...original].sort((one, two) => {
        const [a, b] = [known.get(one), known.get(two)];
        return typeof a === "number" ? a - b : collator.compare(a, b);
      }));
    });
    label.append(choice);
    bar.insertBefore(label, bar.lastChild);
  }
  const unfold = () => {
    let fold = null;
    try { fold = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* no such anchor */ }
    if (fold?.tagName !== "DETAILS") return;
    fold.hidden = false;
    fold.open = true;
    fold.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
})();


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
  const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
  const textOf = (row, column) => row.cells[column].textContent.trim();
  const isMissing = (text) => text === "" || text === "–" || text === "—";
  const dateOf = (text) => {
    const iso = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(text);
    if (iso) return Number(iso[1] + iso[2] + (iso[3] ?? "00"));
    const said = /^(?:(\d{1,2})(?:[–-]\d{1,2})? )?([A-Za-z]{3})[a-z]* (\d{4})/.exec(text);
    const month = said ? months.indexOf(said[2].toLowerCase()) : -1;
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
    if (!("filter" in figure.dataset)) continue;
    const label = make("label", { className: "filter", textContent: words.filter });
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const count = make("span", { className: "count" });
    count.setAttribute("role", "status");
    label.append(input);
    const bar = make("div", { className: "filters" });
    bar.append(label, count);
    figure.prepend(bar);
    const lower = new Map(original.map((row) => [row, row.textContent.toLowerCase()]));
    input.addEventListener("input", () => {
      const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of original) {
        row.hidden = !asked.every((word) => lower.get(row).includes(word));
        shown += !row.hidden;
      }
      count.textContent = asked.length
        ? words.shown.replace("{shown}", shown).replace("{all}", original.length) : "";
    });
  }
})();

"use strict";
// Comfort only: without this script the page scrolls from slide to slide, and each one's notes fold out.
(() => {
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const slides = all(".slide");
  const notes = all(".notes");

  // The slide that holds the middle of the screen.
  const current = () => Math.max(0, slides.findLastIndex((one) => one.getBoundingClientRect().top <= innerHeight / 2));
  const show = (place) => {
    const slide = slides[Math.min(Math.max(place, 0), slides.length - 1)];
    slide.scrollIntoView({ block: "start", behavior: "instant" });
    slide.focus({ preventScroll: true });
    try { history.replaceState(null, "", `#${slide.id}`); } catch { /* some browsers refuse it for files */ }
  };

  // Switches, by key or by button.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const isOpen = () => notes.length > 0 && notes.every((one) => one.open);
  const switches = {
    n: {
      on: isOpen,
      flip() {
        const place = current(), open = !isOpen();
        notes.forEach((one) => { one.open = open; });
        show(place);
      },
    },
    d: {
      on: isDark,
      flip() {
        root.dataset.theme = isDark() ? "light" : "dark";
        try { localStorage.setItem("sitrep-theme", root.dataset.theme); } catch { /* not remembered */ }
      },
    },
    f: {
      on: () => Boolean(document.fullscreenElement),
      flip() { (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.())?.catch(() => {}); },
    },
  };
  const buttons = all("[data-key]");
  const mark = () => buttons.forEach((button) => {
    if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(switches[button.dataset.key].on()));
  });
  buttons.forEach((button) => button.addEventListener("click", () => { switches[button.dataset.key].flip(); mark(); }));
  notes.forEach((one) => one.addEventListener("toggle", mark));
  system.addEventListener("change", mark);
  all(".keys").forEach((keys) => { keys.hidden = false; });
  mark();

  // Keys. A slide higher than the screen is first read to its end; what scrolls or folds by itself keeps its keys.
  const hides = (slide, way) => {
    const box = slide.getBoundingClientRect();
    return way > 0 ? box.bottom > innerHeight + 8 : box.top < -8;
  };
  const steps = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target;
    if (at.closest?.("summary, button, a") && (event.key === " " || event.key === "Enter")) return;
    if (at.closest?.(".told") && /^(Arrow(Up|Down)|Page|Home|End| )/.test(event.key)) return;
    if (at.closest?.(".canvas[tabindex]") && /^Arrow(Left|Right)/.test(event.key)) return;
    const key = event.key.toLowerCase();
    if (Object.hasOwn(switches, key)) {
      switches[key].flip();
      mark();
    } else if (event.key === "Home" || event.key === "End") {
      show(event.key === "Home" ? 0 : slides.length - 1);
    } else if (Object.hasOwn(steps, event.key)) {
      const way = event.key === " " && event.shiftKey ? -1 : steps[event.key];
      if (!/^Arrow(Left|Right)/.test(event.key) && hides(slides[current()], way)) return;
      show(current() + way);
    } else return;
    event.preventDefault();
  });

  // Drawings wider than the screen scroll in their box, by keyboard too.
  const boxes = all(".canvas");
  const reach = () => boxes.forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  reach();
  addEventListener("resize", reach);

  // On paper all notes are printed.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = notes.filter((one) => !one.open);
    folded.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));
})();

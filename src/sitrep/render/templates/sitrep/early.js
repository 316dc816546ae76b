
"use strict";
// Before the first paint, so that a reader who chose a scheme never sees the other one flash.
try {
  const chosen = localStorage.getItem("sitrep-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch { /* storage is closed to files in some browsers: the system's scheme holds */ }

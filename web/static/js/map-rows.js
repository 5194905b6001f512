// Rows and cells belong together: any element with data-cell-id is linked with its cell both ways.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  /** The row of the selected cell, wherever the page lists it. */
  gridmap.markRows = (cell, { quiet = false } = {}) => {
    for (const row of document.querySelectorAll("[data-cell-id][aria-current]")) row.removeAttribute("aria-current");
    if (!cell) return;
    const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    for (const row of document.querySelectorAll(`[data-cell-id="${CSS.escape(cell)}"]`)) {
      row.setAttribute("aria-current", "true");
      if (!quiet) row.scrollIntoView({ block: "nearest", behavior: smooth });
    }
  };

  const rowOf = (event) => event.target.closest?.("[data-cell-id]");
  const speak = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  document.addEventListener("mouseover", (event) => {
    const row = rowOf(event);
    if (row) speak("gridmap:hover", { cell_id: row.dataset.cellId });
  });
  document.addEventListener("mouseout", (event) => {
    if (rowOf(event)) speak("gridmap:hover", { cell_id: null });
  });
  document.addEventListener("focusin", (event) => {
    const row = rowOf(event);
    if (row) speak("gridmap:hover", { cell_id: row.dataset.cellId });
  });
  document.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (!row || event.target.closest("a, button, input, select, label")) return;
    const lonlat = row.dataset.lonlat?.split(",").map(Number);
    speak("gridmap:select", { cell_id: row.dataset.cellId, lonlat });
  });
  document.addEventListener("gridmap:hover", (event) => {
    for (const row of document.querySelectorAll("[data-cell-id].map-row-pointed")) row.classList.remove("map-row-pointed");
    const cell = event.detail?.cell_id;
    if (!cell) return;
    for (const row of document.querySelectorAll(`[data-cell-id="${CSS.escape(cell)}"]`)) row.classList.add("map-row-pointed");
  });
})();

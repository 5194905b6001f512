// Choosing a cell on the map asks who answers for it, on the day the form names.
"use strict";
document.addEventListener("gridmap:select", ({ detail }) => {
  const cell = detail?.cell_id;
  const asked = new URLSearchParams(location.search);
  if (!cell || cell === asked.get("cell")) return;
  const on = document.querySelector("#ask-place input[name=on]")?.value;
  const next = new URLSearchParams({ cell });
  if (on) next.set("on", on);
  const place = new URLSearchParams(location.hash.slice(1));
  place.delete("cell");
  location.assign(`${location.pathname}?${next}#${place.toString().replaceAll("%2F", "/")}`);
});

// Borders before and after, one over the other.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  function addKey(map, words) {
    const rows = ["before", "after"].map((side) => gridmap.make("p", "", [gridmap.make("span", `draft-legend-line ${side}`), words[side]]));
    const box = gridmap.make("div", "draft-key", rows);
    gridmap.control("bottomleft", box).addTo(map);
  }

  gridmap.whenDrawn("draft-wire", (map, told) => {
    const renderer = L.svg({ padding: 0.5 });
    for (const side of ["after", "before"]) {
      L.geoJSON(told.outlines[side], { renderer, interactive: false, className: `draft-${side}` }).addTo(map);
    }
    addKey(map, told.words);
  });
})();

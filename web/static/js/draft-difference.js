// Borders before and after, one over the other.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  function addKey(map, words) {
    const rows = ["before", "after"].map((side) => gridmap.make("p", "", [gridmap.make("span", `draft-legend-line ${side}`), words[side]]));
    const box = gridmap.make("div", "draft-key", rows);
    const Key = L.Control.extend({ onAdd: () => box });
    new Key({ position: "bottomleft" }).addTo(map);
  }

  const start = gridmap.startTiles;
  gridmap.startTiles = (map, layers) => {
    const face = start(map, layers);
    const told = JSON.parse(document.getElementById("draft-wire").textContent);
    const renderer = L.svg({ padding: 0.5 });
    for (const side of ["after", "before"]) {
      L.geoJSON(told.outlines[side], { renderer, interactive: false, className: `draft-${side}` }).addTo(map);
    }
    addKey(map, told.words);
    return face;
  };
})();

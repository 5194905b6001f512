// Streets walked over the map: colour, width and dash say how much; a row of the table goes to its street.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const WIDE_TILE_PX = 512;
  const DASHES = { met: null, partly: "6 4", missed: "1 5" };
  const WIDTHS = { met: 3.4, partly: 3, missed: 3 };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const style = ({ status }, zoom) => ({
    color: colour(status), weight: WIDTHS[status] * Math.min(1.6, Math.max(0.5, 2 ** (0.5 * (zoom - 15)))),
    dashArray: DASHES[status], opacity: 0.95, lineCap: status === "missed" ? "round" : "butt", fill: false,
  });

  gridmap.whenDrawn("patrol-streets-wire", (map, told) => {
    const layer = L.vectorGrid.protobuf(told.tiles, {
      rendererFactory: L.canvas.tile, vectorTileLayerStyles: { streets: style }, tileSize: WIDE_TILE_PX, zIndex: 50,
      gridmapName: "streets",
    });
    layer.once("load", () => { document.documentElement.dataset.streets = "ready"; });
    layer.addTo(map);
    const redraw = () => layer.redraw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    document.addEventListener("click", ({ target }) => {
      const row = target.closest?.("tr[data-bounds]");
      if (!row || target.closest("a")) return;
      const bounds = JSON.parse(row.dataset.bounds);
      if (bounds.every(Number.isFinite)) map.fitBounds(gridmap.leafletBounds(bounds), { maxZoom: 17, animate: false });
    });
  });
})();

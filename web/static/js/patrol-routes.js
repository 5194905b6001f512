// Routes of a plan over the map: a line for each unit, numbered stops, told apart by colour, dash and number.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const COLOURS = ["#2166ac", "#b2182b", "#1b7837", "#762a83", "#8c510a", "#35668a"];
  const DASHES = [null, "10 5", "3 5", "12 4 3 4"];
  const colourOf = (unit) => COLOURS[(unit - 1) % COLOURS.length];
  const dashOf = (unit) => DASHES[(unit - 1) % DASHES.length];
  const turned = ([lon, lat]) => [lat, lon];

  gridmap.whenDrawn("patrol-routes-wire", (map, told) => {
    const lines = new Map();
    for (const { unit, line } of told.routes) {
      const places = line.map(turned);
      L.polyline(places, { color: "#ffffff", weight: 7, opacity: 0.8, interactive: false }).addTo(map);
      lines.set(unit, L.polyline(places, { color: colourOf(unit), dashArray: dashOf(unit), weight: 4, interactive: false }).addTo(map));
    }
    for (const { unit, order, name, place } of told.stops) {
      const text = gridmap.make("span", "", `${order}`);
      const icon = L.divIcon({ className: "route-mark", iconSize: [24, 24], html: text });
      const mark = L.marker(turned(place), { icon, keyboard: false, title: `${unit}.${order} ${name}` }).addTo(map);
      mark.getElement().style.background = colourOf(unit);
    }
    for (const mark of document.querySelectorAll("[data-unit-mark]")) mark.style.background = colourOf(Number(mark.dataset.unitMark));
    const every = L.featureGroup([...lines.values()]);
    if (lines.size) map.fitBounds(every.getBounds(), { animate: false, padding: [30, 30] });
    document.addEventListener("click", ({ target }) => {
      const row = target.closest?.("tr[data-unit]");
      const line = row && lines.get(Number(row.dataset.unit));
      if (!line) return;
      line.bringToFront();
      map.fitBounds(line.getBounds(), { animate: false, padding: [30, 30] });
    });
    document.documentElement.dataset.routes = "ready";
  });
})();

// The worker's own track on the map: what is kept of the shift that is shown.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  gridmap.whenDrawn("shift-wire", async (map, told) => {
    if (!told.track) return;
    const answer = await fetch(told.track, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const { rows } = await answer.json();
    if (!rows.length) return;
    const places = rows.map(([, lon, lat]) => [lat, lon]);
    const line = L.polyline(places, { className: "own-track", interactive: false }).addTo(map);
    L.circleMarker(places[places.length - 1], { radius: 6, className: "own-track-end", interactive: false }).addTo(map);
    map.fitBounds(line.getBounds().pad(0.2), { maxZoom: 17 });
    document.documentElement.dataset.track = "ready";
  });
})();

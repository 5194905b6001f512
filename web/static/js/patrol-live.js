// Units on duty: asked for again while the page is looked at, at rest while it is hidden.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const EVERY_MS = 10000;
  const make = gridmap.make;

  gridmap.whenDrawn("patrol-live-wire", (map, told) => {
    const state = document.getElementById("live-state");
    const body = document.querySelector("#live-units tbody");
    const said = document.getElementById("live-said");
    const marks = L.layerGroup().addTo(map);
    let timer = null;

    const cellOf = (one) => {
      if (!one.address) return make("th", "", one.cell, { scope: "row" });
      return make("th", "", [make("a", "", one.cell, { href: one.address })], { scope: "row" });
    };
    const rowOf = (one) => make("tr", one.stale ? "stale" : "", [
      cellOf(one), make("td", "", one.mode),
      make("td", "num", one.seen, { "data-label": body.dataset.seen }),
      make("td", "num", one.accuracy, { "data-label": body.dataset.accuracy }),
    ]);

    function draw({ sentence, units }) {
      if (said.textContent !== sentence) said.textContent = sentence;
      marks.clearLayers();
      for (const one of units) {
        const place = [one.lat, one.lon];
        if (one.accuracy_m) L.circle(place, { radius: one.accuracy_m, weight: 1, color: "#2166ac", fillOpacity: 0.08, interactive: false }).addTo(marks);
        const icon = L.divIcon({ className: `live-mark${one.stale ? " stale" : ""}`, iconSize: [20, 20], html: make("span", "", one.stale ? "?" : "●") });
        L.marker(place, { icon, keyboard: false, title: `${one.cell} · ${one.mode} · ${one.seen}` }).addTo(marks);
      }
      const none = make("tr", "", [make("td", "empty", body.dataset.empty, { colspan: "4" })]);
      body.replaceChildren(...(units.length ? units.map(rowOf) : [none]));
      document.documentElement.dataset.live = String(units.length);
    }

    async function ask() {
      try {
        const answer = await fetch(told.address, { credentials: "same-origin", headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(String(answer.status));
        draw(await answer.json());
        state.textContent = state.dataset.going;
      } catch {
        state.textContent = state.dataset.lost;
      }
    }

    function follow() {
      clearInterval(timer);
      timer = null;
      if (document.hidden) { state.textContent = state.dataset.resting; return; }
      ask();
      timer = setInterval(ask, EVERY_MS);
    }

    document.addEventListener("visibilitychange", follow);
    follow();
  });
})();

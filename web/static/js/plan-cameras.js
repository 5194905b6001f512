// A plan of cameras over the map: what is added, turned and removed; row and view light up together.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const SPOT_PX = 24;

  class PlanLayer {
    constructor(map, told) {
      this.map = map;
      this.views = new Map();
      this.places = new Map();
      const renderer = L.svg({ padding: 0.5 });
      for (const feature of told.shapes) {
        const { change, camera_id: name } = feature.properties;
        this.views.set(name, L.geoJSON(feature, { renderer, interactive: false, className: `plan-view ${change}` }).addTo(map));
      }
      for (const feature of told.places) this.addPlace(feature, told.words);
      for (const row of document.querySelectorAll("#plan-changes tr[data-camera]")) {
        const name = row.dataset.camera;
        row.addEventListener("mouseenter", () => this.choose(name));
        row.addEventListener("focusin", () => this.choose(name));
        row.addEventListener("click", ({ target }) => { if (!target.closest("a")) this.go(name); });
      }
      this.addKey(told.words);
      document.documentElement.dataset.plan = "ready";
    }

    addKey(words) {
      const box = gridmap.make("div", "plan-key", Object.entries(words).map(([change, text]) => gridmap.make("p", "", [gridmap.make("span", `plan-mark ${change}`, text)])));
      gridmap.control("topright", box).addTo(this.map);
    }

    addPlace(feature, words) {
      const { change, number, camera_id: name } = feature.properties;
      const [lon, lat] = feature.geometry.coordinates;
      const text = change === "add" ? String(number) : change === "reaim" ? "↻" : "×";
      const icon = L.divIcon({ className: `plan-spot ${change}`, iconSize: [SPOT_PX, SPOT_PX], html: gridmap.make("span", "", text) });
      const spot = L.marker([lat, lon], { icon, keyboard: true, title: `${words[change]} ${change === "add" ? number : name}` }).addTo(this.map);
      spot.on("click keypress", () => this.choose(name, { scroll: true }));
      this.places.set(name, spot);
    }

    choose(name, { scroll = false } = {}) {
      for (const [other, view] of this.views) {
        view.eachLayer((shape) => shape.getElement()?.classList.toggle("chosen", other === name));
      }
      for (const row of document.querySelectorAll("#plan-changes tr[data-camera]")) {
        const mine = row.dataset.camera === name;
        row.classList.toggle("chosen", mine);
        if (mine && scroll) row.scrollIntoView({ block: "nearest" });
      }
    }

    go(name) {
      this.choose(name);
      const spot = this.places.get(name);
      if (spot) this.map.setView(spot.getLatLng(), Math.max(this.map.getZoom(), 17));
    }
  }

  const form = document.getElementById("plan-form");
  form?.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
    document.getElementById("plan-status").textContent = form.dataset.working;
  });
  // A page brought back by the browser's back button is not at work any more.
  addEventListener("pageshow", () => {
    form?.removeAttribute("aria-busy");
    const line = document.getElementById("plan-status");
    if (line) line.textContent = "";
  });

  gridmap.whenDrawn("plan-wire", (map, told) => { gridmap.plan = new PlanLayer(map, told); });
})();

// The siting assistant: norms that follow the type, and the plan over the map.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const SPOT_PX = 24, KEPT_PX = 14;
  const LEAST_PX = 3, MOST_PX = 11;

  /** The area of a dot is as its people. */
  const radius = (people, most) => LEAST_PX + (MOST_PX - LEAST_PX) * Math.sqrt(people / Math.max(1, most));

  class SitingLayer {
    constructor(map, told) {
      this.map = map;
      this.words = told.words;
      this.renderer = L.svg({ padding: 0.5 });
      this.spots = new Map();
      this.drawn = new Set();
      const { gained, lost, left } = told.homes;
      const most = Math.max(1, ...[...gained, ...lost, ...left].map(([, , people]) => people));
      for (const [lon, lat] of told.spots) this.addDot("spot", lat, lon, 3);
      for (const [kind, dots] of Object.entries({ left, gained, lost })) {
        for (const [lon, lat, people] of dots) this.addDot(kind, lat, lon, radius(people, most), people);
      }
      for (const site of told.kept) this.addMark("kept", site, "", KEPT_PX, site.name || site.site_id);
      for (const site of told.closed) this.addMark("closed", site, "×", SPOT_PX - 4, site.name || site.site_id);
      for (const site of told.chosen) this.addChosen(site);
      for (const row of this.rows()) {
        const number = Number(row.dataset.number);
        row.addEventListener("mouseenter", () => this.choose(number));
        row.addEventListener("focusin", () => this.choose(number));
        row.addEventListener("click", ({ target }) => { if (!target.closest("a")) this.go(number); });
      }
      this.addKey();
      document.documentElement.dataset.siting = "ready";
    }

    rows() { return document.querySelectorAll("#siting-chosen tr[data-number]"); }

    addDot(kind, lat, lon, size, people) {
      this.drawn.add(kind);
      const dot = L.circleMarker([lat, lon], { radius: size, className: `siting-dot ${kind}`, renderer: this.renderer, interactive: people !== undefined, bubblingMouseEvents: true });
      if (people !== undefined) dot.bindTooltip(`${this.words[kind]}: ${Math.round(people)}`);
      dot.addTo(this.map);
    }

    addMark(kind, site, text, size, title, keyboard = false) {
      this.drawn.add(kind);
      const icon = L.divIcon({ className: `siting-spot ${kind}`, iconSize: [size, size], html: gridmap.make("span", "", text) });
      return L.marker([site.lat, site.lon], { icon, keyboard, title: `${this.words[kind]}: ${title}`, alt: title, zIndexOffset: kind === "chosen" ? 1000 : 0 }).addTo(this.map);
    }

    addChosen(site) {
      const spot = this.addMark("chosen", site, String(site.number), SPOT_PX, String(site.number), true);
      spot.on("click keypress", () => this.choose(site.number, { scroll: true }));
      this.spots.set(site.number, spot);
    }

    /** What the marks mean; only those that are on the map. */
    addKey() {
      const rows = Object.entries(this.words).filter(([kind]) => this.drawn.has(kind)).map(([kind, text]) => gridmap.make("p", "", [this.sample(kind), text]));
      gridmap.control("topright", gridmap.make("div", "siting-key", rows)).addTo(this.map);
    }

    sample(kind) {
      if (["kept", "chosen", "closed"].includes(kind)) return gridmap.make("span", `siting-spot ${kind}`, { kept: "", chosen: "1", closed: "×" }[kind]);
      const space = "http://www.w3.org/2000/svg";
      const picture = document.createElementNS(space, "svg");
      picture.setAttribute("viewBox", "0 0 16 16");
      picture.setAttribute("aria-hidden", "true");
      const dot = document.createElementNS(space, "circle");
      for (const [name, value] of Object.entries({ cx: 8, cy: 8, r: kind === "spot" ? 3 : 6, class: `siting-dot ${kind}` })) dot.setAttribute(name, value);
      picture.append(dot);
      return picture;
    }

    choose(number, { scroll = false } = {}) {
      for (const [other, spot] of this.spots) spot.getElement()?.classList.toggle("lit", other === number);
      for (const row of this.rows()) {
        const mine = Number(row.dataset.number) === number;
        row.classList.toggle("lit", mine);
        if (mine && scroll) row.scrollIntoView({ block: "nearest" });
      }
    }

    go(number) {
      this.choose(number);
      const spot = this.spots.get(number);
      if (spot) this.map.setView(spot.getLatLng(), Math.max(this.map.getZoom(), 16));
    }
  }

  function prepareForm(form) {
    const types = form.querySelector("[data-norms]");
    const norm = form.elements.norm;
    types?.addEventListener("change", () => {
      const { norm: metres, said } = types.selectedOptions[0].dataset;
      norm.value = metres;
      document.getElementById("norm-said").textContent = said;
    });
    const source = form.querySelector("[data-source]");
    const follow = () => {
      for (const one of form.querySelectorAll("[data-for-source]")) one.hidden = one.dataset.forSource !== source.value;
    };
    source?.addEventListener("change", follow);
    follow();
    const line = document.getElementById("siting-status");
    form.addEventListener("submit", () => {
      form.setAttribute("aria-busy", "true");
      line.textContent = form.dataset.working;
      // The address says what is asked, and nothing of what is not.
      for (const one of form.elements) if (one.name && one.value === "") one.disabled = true;
    });
    // A page brought back by the browser's back button is not at work any more.
    addEventListener("pageshow", () => {
      form.removeAttribute("aria-busy");
      line.textContent = "";
      for (const one of form.elements) one.disabled = false;
    });
  }

  const begin = () => {
    const form = document.getElementById("siting-form");
    if (form) prepareForm(form);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
  gridmap.whenDrawn?.("siting-wire", (map, told) => { gridmap.siting = new SitingLayer(map, told); });
})();

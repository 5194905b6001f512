// Layers of cameras that are measured anew for the page: depth, views, blind spots, public space.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const WAIT_MS = 120;
  const DEEPEST = 5;

  class CameraLayers {
    constructor(map, told) {
      this.map = map;
      this.told = told;
      this.renderer = L.svg({ padding: 0.3 });
      this.group = L.layerGroup().addTo(map);
      this.line = document.getElementById("camera-layer-status");
      map.on("moveend", () => {
        clearTimeout(this.waiting);
        this.waiting = setTimeout(() => this.ask(), WAIT_MS);
      });
      this.ask();
    }

    classOf(facts) {
      const { layer } = this.told.asked;
      const deep = layer === "depth" ? ` depth-${Math.min(facts.times, DEEPEST)}` : "";
      const step = layer === "neither" ? ` step-${facts.step}` : "";
      return `camera-shape shape-${layer}${deep}${step}`;
    }

    async ask() {
      this.stop?.abort();
      this.stop = new AbortController();
      const asked = new URLSearchParams({ ...this.told.asked, window: gridmap.windowOf(this.map, 0.15) });
      this.say(this.told.words.working);
      try {
        const answer = await fetch(`${this.told.shapes}?${asked}`, {
          headers: { Accept: "application/json" }, credentials: "same-origin", signal: this.stop.signal,
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const told = await answer.json();
        this.group.clearLayers();
        for (const feature of told.features) {
          L.geoJSON(feature, { renderer: this.renderer, interactive: false, className: this.classOf(feature.properties) }).addTo(this.group);
        }
        this.say(told.many ? this.told.words.many : "");
        document.documentElement.dataset.layer = "ready";
      } catch (fault) {
        if (fault.name !== "AbortError") this.say(this.told.words.failed);
      }
    }

    say(text) { if (this.line) this.line.textContent = text; }
  }

  gridmap.whenDrawn("camera-layer-wire", (map, told) => { gridmap.cameraLayers = new CameraLayers(map, told); });
})();

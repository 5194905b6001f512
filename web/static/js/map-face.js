// What every map does: pointing, selecting, keys, the address, and talking with the page around it.
// A kind of map adds factsAt(layer, x, y), restyle(cell), show(layer, shown) and tell(cell, options).
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const CLOSE_UP_ZOOM = 15;
  const CELLS_FROM_ZOOM = 13;
  // A cell answers before the areas drawn over it: a gap as large as its cell would hide it.
  gridmap.FROM_THE_TOP = ["cameras", "sites", "cells", "gaps", "blind_spots", "views"];
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  gridmap.MapFace = class {
    constructor(map, view) {
      this.map = map;
      this.view = view;
      this.selected = null;
      this.pointed = null;
      const wanted = gridmap.readPlace().layers;
      if (wanted) for (const one of view.layers) one.shown = wanted.includes(one.name);
      this.markShown();
      gridmap.addFurniture(map, view);
      this.panel = new gridmap.Panel(map, view, () => this.select(null));
      this.hover = new gridmap.HoverLine(map);
      this.layerSwitch = gridmap.addLayerSwitch(map, view, (name, shown) => this.show(name, shown));
      this.legend = gridmap.addLegend(map, view);
      new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
    }

    /** What lies under a point of the screen, with the areas that lie over a cell beside it. */
    hitAt(x, y) {
      const found = [];
      for (const name of gridmap.FROM_THE_TOP) {
        const facts = this.factsAt(name, x, y);
        if (facts) found.push({ name, facts });
        if (found.length && found[0].name !== "cells") break;
      }
      const [first, ...also] = found;
      return first ? { ...first, also } : null;
    }

    setPlace(place) {
      const around = L.latLngBounds(gridmap.leafletBounds(this.view.bounds));
      if (place.view) this.map.setView(place.view.centre, place.view.zoom);
      else this.map.fitBounds(around, { ...this.roomBesideLegend(around), animate: false });
      this.map.setMinZoom(Math.max(3, Math.floor(this.map.getBoundsZoom(around)) - 2));
    }

    /** Keep the district from under the legend where that costs no zoom. */
    roomBesideLegend(around) {
      const plain = { paddingTopLeft: [8, 8], paddingBottomRight: [8, 8] };
      const legend = this.map.getContainer().querySelector(".map-legend[open]");
      if (!legend) return plain;
      const aside = [legend.offsetWidth + 24, 8];
      const zoomWith = (left) => this.map.getBoundsZoom(around, false, L.point(left[0] + 8, 16));
      return zoomWith(aside) < zoomWith([8, 8]) ? plain : { ...plain, paddingTopLeft: aside };
    }

    markShown() {
      this.map.getContainer().classList.toggle("map-with-cells", gridmap.showsCells(this.view));
    }

    /** Remember in the address which layers are shown. */
    keepLayers(name, shown) {
      this.view.layers.find((one) => one.name === name).shown = shown;
      this.markShown();
      gridmap.writePlace({ layers: this.view.layers.filter((one) => one.shown).map((one) => one.name).join(" ") });
    }

    tellReady() {
      performance.mark("gridmap:ready");
      this.map.getContainer().dataset.ready = "true";
      document.dispatchEvent(new CustomEvent("gridmap:ready", { detail: { map: this.map.getContainer().id } }));
    }

    listen() {
      const { map } = this;
      map.on("moveend", () => gridmap.writePlace({ map: gridmap.placeOf(map) }));
      map.on("click", ({ originalEvent, latlng }) => {
        this.open(this.hitAt(originalEvent.clientX, originalEvent.clientY), { latlng });
      });
      map.on("mouseout movestart zoomstart", () => this.point(null));
      let waiting = null;
      map.on("mousemove", ({ originalEvent, containerPoint }) => {
        if (waiting) cancelAnimationFrame(waiting);
        waiting = requestAnimationFrame(() => {
          this.point(this.hitAt(originalEvent.clientX, originalEvent.clientY), containerPoint);
        });
      });
      map.getContainer().addEventListener("keydown", (event) => this.onKey(event));
      document.addEventListener("gridmap:select", (event) => this.onSelect(event.detail ?? {}));
      document.addEventListener("gridmap:hover", (event) => {
        if (event.detail?.from !== this) this.mark(event.detail?.cell_id ?? null);
      });
      document.addEventListener("gridmap:go", (event) => this.go(event.detail ?? {}));
      window.addEventListener("popstate", () => this.select(gridmap.readPlace().cell, { quiet: true }));
    }

    onKey(event) {
      if (event.key === "Escape") this.panel.hide();
      if (event.key !== "Enter" || event.target !== this.map.getContainer()) return;
      const box = this.map.getContainer().getBoundingClientRect();
      this.open(this.hitAt(box.left + box.width / 2, box.top + box.height / 2), { focus: true });
    }

    /** Point at something: highlight it and say one line. */
    point(hit, at) {
      this.map.getContainer().classList.toggle("map-pointing", Boolean(hit));
      if (hit) this.hover.show(at, this.lineOf(hit));
      else this.hover.hide();
      const cell = hit?.facts.cell_id ? String(hit.facts.cell_id) : null;
      if (cell === this.pointed) return;
      this.mark(cell);
      document.dispatchEvent(new CustomEvent("gridmap:hover", { detail: { cell_id: cell, from: this } }));
    }

    lineOf({ name, facts }) {
      if (name === "cells") return gridmap.cellLine(this.view, facts);
      const [{ label, value }] = gridmap.besideFacts(this.view, [{ name, facts }]);
      const title = facts.cell_id ? value : gridmap.knownFacts(this.view, name, facts).name;
      return [label, title].filter(Boolean).join(" · ");
    }

    mark(cell) {
      const before = this.pointed;
      this.pointed = cell;
      this.restyle(before);
      this.restyle(cell);
    }

    strengthOf(cell) {
      if (cell === this.selected) return "selected";
      return cell === this.pointed ? "pointed" : null;
    }

    open(hit, options = {}) {
      if (!hit) this.panel.hide();
      else if (hit.name === "cells" && !hit.facts.cell_id) {
        // From afar communities stand for their cells: come closer instead.
        this.map.setView(options.latlng ?? this.map.getCenter(), CELLS_FROM_ZOOM, { animate: !calm() });
      } else if (hit.facts.cell_id && hit.name !== "cells") {
        this.select(String(hit.facts.cell_id), { also: [hit], push: true, ...options });
      } else if (hit.name === "cells") this.select(String(hit.facts.cell_id), { facts: hit.facts, also: hit.also, push: true, ...options });
      else {
        if (this.selected) this.select(null);
        this.panel.show(gridmap.knownFacts(this.view, hit.name, hit.facts), options);
      }
    }

    onSelect({ cell_id: cell, lonlat, bounds, from, focus }) {
      if (from === this) return;
      this.select(cell ?? null, { push: true, focus, move: !lonlat && !bounds });
      this.go({ lonlat, bounds });
      this.comeIntoSight();
    }

    /** On a phone the table lies under the map: what was chosen there must be seen. */
    comeIntoSight() {
      if (!this.selected) return;
      const box = this.map.getContainer().getBoundingClientRect();
      if (box.bottom > 0.7 * box.height && box.top < innerHeight - 0.7 * box.height) return;
      this.map.getContainer().scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    }

    go({ lonlat, bounds, zoom }) {
      const animate = !calm();
      if (bounds) {
        if (this.map.getZoom() >= CLOSE_UP_ZOOM && this.map.getBounds().contains(gridmap.leafletBounds(bounds))) return;
        this.map.fitBounds(gridmap.leafletBounds(bounds), { animate, maxZoom: 17, padding: [60, 60] });
      } else if (lonlat && (zoom || !this.map.getBounds().pad(-0.1).contains([lonlat[1], lonlat[0]]))) {
        this.map.setView([lonlat[1], lonlat[0]], zoom ?? Math.max(CLOSE_UP_ZOOM, this.map.getZoom()), { animate });
      }
    }

    /** Select a cell, or none; the address, the table and the panel follow. */
    select(cell, { facts, also = [], push = false, quiet = false, focus = false, move = false } = {}) {
      const before = this.selected;
      if (cell === before && !facts && !also.length) return;
      this.selected = cell;
      this.restyle(before);
      this.restyle(cell);
      gridmap.writePlace({ cell }, push);
      gridmap.markRows(cell);
      if (!quiet) document.dispatchEvent(new CustomEvent("gridmap:select", { detail: { cell_id: cell, from: this } }));
      if (cell) this.tell(cell, { facts, also, focus, move: move || (quiet && !gridmap.readPlace().view) });
      else this.panel.hide();
    }
  };
})();

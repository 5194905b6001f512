// Maps of vector tiles: layers, pointing, selecting, and the link with the table beside the map.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const FROM_THE_TOP = ["cameras", "sites", "gaps", "blind_spots", "views", "cells"];
  const views = new Map();

  const viewOf = (mapName) => {
    if (!views.has(mapName)) views.set(mapName, JSON.parse(document.getElementById(`${mapName}_view`).textContent));
    return views.get(mapName);
  };

  /** Canvas of a tile, as sharp as the screen. */
  function sharpTile(coords, size, options) {
    const renderer = L.canvas.tile(coords, size, options);
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (ratio > 1) {
      const canvas = renderer.getContainer();
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      renderer._ctx.scale(ratio, ratio);
    }
    return renderer;
  }

  /** Options of a layer of vector tiles; the folium page asks for them by name. */
  gridmap.layerOptions = (mapName, name) => ({
    rendererFactory: sharpTile,
    vectorTileLayerStyles: gridmap.tileStyles(viewOf(mapName)),
    // Pixel bounds are kept for interactive layers only. Pointing itself is answered by the map
    // (see hitAt): canvases of stacked layers would hide each other's clicks.
    interactive: FROM_THE_TOP.includes(name),
    getFeatureId: (feature) => (name === "cells" ? feature.properties.cell_id : feature.properties.gid ?? feature.id),
    className: `map-tile map-tile-${name}`,
    zIndex: 1 + viewOf(mapName).layers.findIndex((one) => one.name === name),
    updateWhenZooming: false,
  });

  /** What lies under a point of the screen in one layer: its facts, or null. */
  function hitIn(layer, x, y) {
    for (const [key, tile] of Object.entries(layer._vectorTiles ?? {})) {
      const shown = layer._tiles[key];
      if (!shown?.current || !tile._map) continue;
      const box = shown.el.getBoundingClientRect();
      if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
      const scale = layer.getTileSize().x / box.width;
      const at = L.point((x - box.left) * scale, (y - box.top) * scale);
      let found = null;
      for (const id in tile._layers) {
        const one = tile._layers[id];
        if (one._pxBounds && one._containsPoint(at)) found = one;
      }
      if (found) return found.properties;
    }
    return null;
  }

  class TilesMap {
    constructor(map, layers) {
      this.map = map;
      this.layers = layers;
      this.view = viewOf(map.getContainer().id);
      this.selected = null;
      this.pointed = null;
      const place = gridmap.readPlace();
      if (place.layers) for (const one of this.view.layers) one.shown = place.layers.includes(one.name);
      gridmap.addFurniture(map, this.view);
      this.panel = new gridmap.Panel(map, this.view, () => this.select(null));
      this.hover = new gridmap.HoverLine(map);
      gridmap.addLayerSwitch(map, this.view, (name, shown) => this.show(name, shown));
      this.legend = gridmap.addLegend(map, this.view);
      this.setPlace(place);
      this.drawLayers();
      this.listen();
      const cell = place.cell ?? this.view.selected;
      if (cell) this.select(cell, { quiet: true });
    }

    setPlace(place) {
      if (place.view) this.map.setView(place.view.centre, place.view.zoom);
      else this.map.fitBounds(gridmap.leafletBounds(this.view.bounds), { padding: [8, 8], animate: false });
      const around = L.latLngBounds(gridmap.leafletBounds(this.view.bounds));
      this.map.setMinZoom(Math.max(3, Math.floor(this.map.getBoundsZoom(around)) - 2));
    }

    drawLayers() {
      const shown = this.view.layers.filter((one) => one.shown && this.layers[one.name]);
      let waiting = shown.length;
      const drawn = () => {
        waiting -= 1;
        if (waiting > 0) return;
        performance.mark("gridmap:ready");
        this.map.getContainer().dataset.ready = "true";
        document.dispatchEvent(new CustomEvent("gridmap:ready", { detail: { map: this.map.getContainer().id } }));
      };
      if (!shown.length) { waiting = 1; drawn(); }
      for (const one of shown) {
        const layer = this.layers[one.name];
        layer.once("load", drawn);
        layer.on("gridmap:lost", () => this.tellLost());
        layer.addTo(this.map);
      }
    }

    tellLost() {
      if (this.lost) return;
      this.lost = gridmap.make("p", "map-lost", this.view.words.not_loaded, { role: "status" });
      this.map.getContainer().append(this.lost);
    }

    show(name, shown) {
      const told = this.view.layers.find((one) => one.name === name);
      told.shown = shown;
      if (shown) this.layers[name].addTo(this.map);
      else this.layers[name].remove();
      gridmap.writePlace({ layers: this.view.layers.filter((one) => one.shown).map((one) => one.name).join(" ") });
    }

    hitAt(x, y) {
      for (const name of FROM_THE_TOP) {
        const layer = this.layers[name];
        if (!layer || !this.map.hasLayer(layer)) continue;
        const facts = hitIn(layer, x, y);
        if (facts) return { name, facts };
      }
      return null;
    }

    listen() {
      const { map } = this;
      map.on("moveend", () => gridmap.writePlace({ map: gridmap.placeOf(map) }));
      map.on("click", (event) => this.open(this.hitAt(event.originalEvent.clientX, event.originalEvent.clientY)));
      map.on("mouseout movestart zoomstart", () => this.point(null));
      let waiting = null;
      map.on("mousemove", (event) => {
        const { clientX, clientY } = event.originalEvent;
        if (waiting) cancelAnimationFrame(waiting);
        waiting = requestAnimationFrame(() => this.point(this.hitAt(clientX, clientY), event.containerPoint));
      });
      map.getContainer().addEventListener("keydown", (event) => this.onKey(event));
      document.addEventListener("gridmap:select", (event) => this.onSelect(event.detail ?? {}));
      document.addEventListener("gridmap:hover", (event) => {
        if (event.detail?.from !== this) this.mark(event.detail?.cell_id ?? null);
      });
      document.addEventListener("gridmap:go", (event) => this.go(event.detail ?? {}));
      window.addEventListener("popstate", () => this.select(gridmap.readPlace().cell, { quiet: true }));
      const repaint = () => {
        gridmap.forgetTokens();
        for (const layer of Object.values(this.layers)) if (map.hasLayer(layer)) layer.redraw();
        this.legend.draw();
      };
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
      new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    }

    onKey(event) {
      if (event.target !== this.map.getContainer()) return;
      if (event.key === "Escape") this.panel.hide();
      if (event.key !== "Enter") return;
      const box = this.map.getContainer().getBoundingClientRect();
      const hit = this.hitAt(box.left + box.width / 2, box.top + box.height / 2);
      this.open(hit, { focus: true });
    }

    /** Point at something: highlight it and say one line. */
    point(hit, at) {
      const cell = hit?.facts.cell_id && hit.name === "cells" ? String(hit.facts.cell_id) : null;
      this.map.getContainer().classList.toggle("map-pointing", Boolean(hit));
      if (hit) {
        this.hover.show(at, hit.name === "cells" ? gridmap.cellLine(this.view, hit.facts)
          : gridmap.knownFacts(this.view, hit.name, hit.facts).name || this.view.words[hit.name] || "");
      } else this.hover.hide();
      if (cell === this.pointed) return;
      this.mark(cell);
      document.dispatchEvent(new CustomEvent("gridmap:hover", { detail: { cell_id: cell, from: this } }));
    }

    mark(cell) {
      const before = this.pointed;
      this.pointed = cell;
      this.restyle(before);
      this.restyle(cell);
    }

    restyle(cell) {
      const { cells } = this.layers;
      if (!cell || !cells) return;
      const strength = cell === this.selected ? "selected" : cell === this.pointed ? "pointed" : null;
      if (!strength) { cells.resetFeatureStyle(cell); return; }
      cells.setFeatureStyle(cell, (facts) => gridmap.marked(gridmap.cellStyle(this.view, facts), strength));
      for (const tile of Object.values(cells._vectorTiles)) {
        const found = tile._features[cell];
        if (found && tile._map) tile._bringToFront(found.feature);
      }
    }

    open(hit, options = {}) {
      if (!hit) { this.panel.hide(); return; }
      if (hit.name === "cells") { this.select(String(hit.facts.cell_id), { facts: hit.facts, push: true, ...options }); return; }
      if (this.selected) this.select(null);
      this.panel.show(gridmap.knownFacts(this.view, hit.name, hit.facts), options);
    }

    onSelect({ cell_id: cell, lonlat, bounds, from, focus }) {
      if (from === this) return;
      this.select(cell ?? null, { push: true, focus, move: !lonlat && !bounds });
      this.go({ lonlat, bounds });
    }

    go({ lonlat, bounds, zoom }) {
      const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (bounds) this.map.fitBounds(gridmap.leafletBounds(bounds), { animate, maxZoom: 17, padding: [40, 40] });
      else if (lonlat && (zoom || !this.map.getBounds().pad(-0.1).contains([lonlat[1], lonlat[0]]))) {
        this.map.setView([lonlat[1], lonlat[0]], zoom ?? Math.max(15, this.map.getZoom()), { animate });
      }
    }

    /** Select a cell, or none; the address, the table and the panel follow. */
    select(cell, { facts, push = false, quiet = false, focus = false, move = false } = {}) {
      const before = this.selected;
      if (cell === before && !facts) return;
      this.selected = cell;
      this.restyle(before);
      this.restyle(cell);
      gridmap.writePlace({ cell }, push);
      gridmap.markRows(cell);
      if (!quiet) document.dispatchEvent(new CustomEvent("gridmap:select", { detail: { cell_id: cell, from: this } }));
      if (cell) this.tell(cell, facts, { focus, move: move || quiet });
      else this.panel.hide();
    }

    /** Fill the panel: at once with what the tile knows, then with what the server tells. */
    async tell(cell, facts, { focus, move }) {
      const known = facts ? gridmap.knownFacts(this.view, "cells", facts) : { name: cell };
      this.panel.show(known, { focus });
      if (!this.view.cellUrl) return;
      const address = this.view.cellUrl.replace("{cell_id}", encodeURIComponent(cell));
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const told = await answer.json();
        if (cell !== this.selected) return;
        this.panel.show({ ...known, ...told });
        if (move && told.bounds && !gridmap.readPlace().view) this.go({ bounds: told.bounds });
      } catch {
        if (cell === this.selected) this.panel.show({ ...known, note: this.view.words.details_failed });
      }
    }
  }

  /** A tile that cannot be fetched is drawn empty, and the map says so. */
  function keepDrawing() {
    const grid = L.VectorGrid.Protobuf.prototype;
    if (grid.gridmapKeepsDrawing) return;
    grid.gridmapKeepsDrawing = true;
    const ask = grid._getVectorTilePromise;
    grid._getVectorTilePromise = function askOrNothing(coords) {
      return ask.call(this, coords).catch(() => {
        this.fire("gridmap:lost");
        return { layers: {} };
      });
    };
  }

  gridmap.startTiles = (map, layers) => {
    keepDrawing();
    return new TilesMap(map, layers);
  };
})();

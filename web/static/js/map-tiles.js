// Maps of vector tiles: layers, pointing, selecting, and the link with the table beside the map.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  // Layers of data ask for tiles of one zoom less, twice as wide: a quarter of the requests.
  const WIDE_TILE_PX = 512;
  const views = new Map();

  const viewOf = (mapName) => {
    if (!views.has(mapName)) views.set(mapName, JSON.parse(document.getElementById(`${mapName}_view`).textContent));
    return views.get(mapName);
  };

  // Streets and views reach across the border of a district, yet not far.
  const ACROSS_BORDER_DEG = 0.001;

  /** Where there is anything to draw. */
  const extentOf = ({ extent }) => {
    if (!extent) return undefined;
    const [west, south, east, north] = extent;
    const across = ACROSS_BORDER_DEG;
    return L.latLngBounds([south - across, west - across], [north + across, east + across]);
  };

  /** The layer in which a selected cell is marked: the cells, or the gaps where these stand alone. */
  const markedLayer = (view) => (gridmap.showsCells(view) ? "cells" : "gaps");

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
    interactive: gridmap.FROM_THE_TOP.includes(name),
    getFeatureId: ({ properties }) => (name === markedLayer(viewOf(mapName)) && properties.cell_id) || `${name} ${properties.gid}`,
    className: `map-tile map-tile-${name}`,
    zIndex: 1 + viewOf(mapName).layers.findIndex((one) => one.name === name),
    updateWhenZooming: false,
    tileSize: WIDE_TILE_PX,
    gridmapName: name,
    bounds: extentOf(viewOf(mapName)),
  });

  /** Of things on top of each other the first by rank answers, else the one drawn last. */
  const isBehind = (one, found) => found !== null && one.properties.rank > found.properties.rank;

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
        if (one._pxBounds && one._containsPoint(at) && !isBehind(one, found)) found = one;
      }
      if (found) return found.properties;
    }
    return null;
  }

  class TilesMap extends gridmap.MapFace {
    constructor(map, layers) {
      super(map, viewOf(map.getContainer().id));
      this.layers = layers;
      const place = gridmap.readPlace();
      this.setPlace(place);
      this.drawLayers();
      this.listen();
      this.listenToTheme();
      const cell = place.cell ?? this.view.selected;
      if (cell) this.select(cell, { quiet: true });
    }

    drawLayers() {
      const shown = this.view.layers.filter((one) => one.shown && this.layers[one.name]);
      const left = new Set(shown.map((one) => one.name));
      const drawn = (name) => { if (left.delete(name) && !left.size) this.tellReady(); };
      // Cells ask first: they are what the reader came for. What lies above what is zIndex's matter.
      const urgent = ({ name }) => (name === "cells" ? 0 : name === "base" ? 2 : 1);
      for (const { name } of shown.sort((one, other) => urgent(one) - urgent(other))) {
        this.layers[name].once("load", () => drawn(name));
        this.layers[name].on("gridmap:lost", () => this.tellLost());
        this.layers[name].addTo(this.map);
      }
      if (!shown.length) this.tellReady();
    }

    tellLost() {
      if (this.lost) return;
      this.lost = gridmap.make("p", "map-lost", this.view.words.not_loaded, { role: "status" });
      this.map.getContainer().append(this.lost);
    }

    show(name, shown) {
      if (shown) this.layers[name].addTo(this.map);
      else this.layers[name].remove();
      this.keepLayers(name, shown);
      // Gaps are painted one way over cells and another way alone.
      if (name === "cells" && this.layers.gaps && this.map.hasLayer(this.layers.gaps)) this.layers.gaps.redraw();
    }

    factsAt(name, x, y) {
      const layer = this.layers[name];
      return layer && this.map.hasLayer(layer) ? hitIn(layer, x, y) : null;
    }

    listenToTheme() {
      const repaint = () => {
        gridmap.forgetTokens();
        for (const layer of Object.values(this.layers)) if (this.map.hasLayer(layer)) layer.redraw();
        this.legend.draw();
      };
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
      new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    }

    restyle(cell) {
      const name = markedLayer(this.view);
      const layer = this.layers[name];
      if (!cell || !layer) return;
      const strength = this.strengthOf(cell);
      if (!strength) { layer.resetFeatureStyle(cell); return; }
      const plain = gridmap.tileStyles(this.view)[name];
      layer.setFeatureStyle(cell, (facts) => gridmap.marked(plain(facts), strength));
      for (const tile of Object.values(layer._vectorTiles)) {
        const found = tile._features[cell];
        if (found && tile._map) tile._bringToFront(found.feature);
      }
    }

    /** Fill the panel: at once with what the tile knows, then with what the server tells. */
    async tell(cell, { facts, also, focus, move }) {
      const own = facts ? gridmap.knownFacts(this.view, "cells", facts) : { name: cell };
      const beside = gridmap.besideFacts(this.view, also);
      const known = { ...own, facts: [...(own.facts ?? []), ...beside] };
      this.panel.show(known, { focus });
      if (!this.view.cellUrl) return;
      const address = this.view.cellUrl.replace("{cell_id}", encodeURIComponent(cell));
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const told = await answer.json();
        if (cell !== this.selected) return;
        this.panel.show({ ...known, ...told, facts: [...(told.facts ?? own.facts ?? []), ...beside] });
        if (move && told.bounds) this.go({ bounds: told.bounds });
      } catch {
        if (cell === this.selected) this.panel.show({ ...known, note: this.view.words.details_failed });
      }
    }
  }

  /** The first gap by rank is drawn last, on top of the others. */
  const firstOnTop = (tile) => {
    tile.layers.gaps?.features.sort((one, other) => other.properties.rank - one.properties.rank);
    return tile;
  };

  // What the reader came for and the heavy ground below come alone; the rest shares its answers.
  const ALONE = new Set(["cells", "base"]);
  const waiting = new Map();

  /** One address for layers of the same place: `communities,views?views.measure=…`. */
  function joinedAddress(asked) {
    const [first, ...others] = asked.map(({ layer }) => new URL(layer._url, location.origin));
    const told = new URLSearchParams();
    [first, ...others].forEach((address, at) => {
      const name = asked[at].layer.options.gridmapName;
      for (const [key, value] of address.searchParams) told.set(`${name}.${key}`, value);
    });
    const names = asked.map(({ layer }) => layer.options.gridmapName).join(",");
    const path = decodeURIComponent(first.pathname).split("/");
    path[path.length - 4] = names;
    return `${path.join("/")}?${told}`;
  }

  const partOf = (tile, name) => ({ layers: tile.layers[name] ? { [name]: tile.layers[name] } : {} });

  /** Ask once for all layers that wanted the same place in one turn of the browser. */
  function askTogether(ask, layer, place) {
    const key = `${place.z}/${place.x}/${place.y}`;
    return new Promise((resolve, reject) => {
      if (!waiting.has(key)) {
        waiting.set(key, []);
        setTimeout(() => {
          const asked = waiting.get(key);
          waiting.delete(key);
          const asker = asked.length === 1 ? layer : Object.create(layer, { _url: { value: joinedAddress(asked) } });
          ask.call(asker, place).then(
            (tile) => asked.forEach((one) => one.resolve(partOf(tile, one.layer.options.gridmapName))),
            (fault) => asked.forEach((one) => one.reject(fault)),
          );
        });
      }
      waiting.get(key).push({ layer, resolve, reject });
    });
  }

  /** A tile that cannot be fetched is drawn empty, and the map says so. */
  function keepDrawing() {
    const grid = L.VectorGrid.Protobuf.prototype;
    if (grid.gridmapKeepsDrawing) return;
    grid.gridmapKeepsDrawing = true;
    const ask = grid._getVectorTilePromise;
    grid._getVectorTilePromise = function askOrNothing(coords) {
      const place = { x: coords.x, y: coords.y, z: coords.z - 1 };
      const alone = ALONE.has(this.options.gridmapName);
      return (alone ? ask.call(this, place) : askTogether(ask, this, place)).then(firstOnTop).catch(() => {
        this.fire("gridmap:lost");
        return { layers: {} };
      });
    };
  }

  const begins = [];
  /** Script of a page: `begin` gets the map once it is there, what the element `id` tells, and the face of the map. */
  gridmap.whenDrawn = (id, begin) => { begins.push([id, begin]); };

  gridmap.startTiles = (map, layers) => {
    keepDrawing();
    const face = new TilesMap(map, layers);
    for (const [id, begin] of begins) {
      const told = document.getElementById(id);
      if (told) begin(map, JSON.parse(told.textContent), face);
    }
    return face;
  };
})();

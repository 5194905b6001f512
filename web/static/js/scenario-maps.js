// Two maps that move together: the scenario, whose sites can be dragged, and the district as it is.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const plainStyles = gridmap.tileStyles;

  /** A cell with the share it has in the scenario. */
  const withShare = (view, facts) => {
    if (!view.changed?.has(facts.cell_id)) return facts;
    const share = view.changed.get(facts.cell_id);
    return { ...facts, value: share ?? undefined, status: share === null ? "unknown" : share >= 1 - 1e-9 ? "met" : share > 0 ? "partly" : "missed" };
  };
  gridmap.tileStyles = (view) => {
    const styles = plainStyles(view);
    return { ...styles, cells: (facts, zoom) => styles.cells(withShare(view, facts), zoom) };
  };

  gridmap.ScenarioMaps = class {
    constructor(map, face, told, hooks) {
      this.map = map;
      this.face = face;
      this.told = told;
      this.hooks = hooks;
      this.marks = new Map();
      this.traces = L.layerGroup().addTo(map);
      this.shares = new Map(Object.entries(told.shares));
      face.view.changed = new Map(this.shares);
      const factsAt = face.factsAt.bind(face);
      face.factsAt = (name, x, y) => {
        const facts = factsAt(name, x, y);
        return facts && name === "cells" ? withShare(face.view, facts) : facts;
      };
      this.drawBase();
      map.on("click", ({ latlng }) => this.hooks.place(latlng));
    }

    /** The district as it is: the same tiles in the plain colours, and its sites. */
    drawBase() {
      const holder = document.getElementById("scenario-base");
      if (!holder) return;
      const base = L.map(holder, { preferCanvas: true, zoomControl: false, attributionControl: false, zoomSnap: 0.5 });
      base.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
      const styles = gridmap.tileStyles({ ...this.face.view, changed: this.shares });
      for (const name of ["base", "cells"]) {
        const own = this.face.layers[name];
        if (own) L.vectorGrid.protobuf(own._url, { ...own.options, vectorTileLayerStyles: styles, interactive: false }).addTo(base);
      }
      const circles = L.svg();
      for (const site of this.told.sites) {
        if (site.state === "kept") L.circleMarker([site.lat, site.lon], { radius: 5, color: gridmap.token("site"), fillColor: gridmap.token("halo"), fillOpacity: 1, weight: 3, interactive: false, renderer: circles }).addTo(base);
      }
      this.base = base;
      let moving = false;
      const follow = (one, other) => one.on("move zoom", () => {
        if (moving) return;
        moving = true;
        other.setView(one.getCenter(), one.getZoom(), { animate: false });
        moving = false;
      });
      follow(this.map, base);
      follow(base, this.map);
    }

    /** Sites as they are in the scenario. */
    drawSites(changed) {
      const now = new Map(this.told.sites.map((one) => [one.site_id, one]));
      for (const one of changed) now.set(one.site_id, one);
      for (const [id, mark] of this.marks) if (!now.has(id)) { mark.remove(); this.marks.delete(id); }
      this.traces.clearLayers();
      for (const site of now.values()) {
        this.drawSite(site);
        if (site.from) L.polyline([[site.from[1], site.from[0]], [site.lat, site.lon]], { className: "scenario-trace", interactive: false, renderer: (this.svg ??= L.svg()) }).addTo(this.traces);
      }
      this.now = now;
    }

    drawSite(site) {
      const known = this.marks.get(site.site_id);
      const look = `scenario-site state-${site.state}${site.site_id === this.chosen ? " chosen" : ""}`;
      if (known && known.look === look && known.at === `${site.lat} ${site.lon}`) return;
      if (known && known !== this.dragged) known.remove();
      if (known && known === this.dragged) return;
      const title = `${site.name || site.site_id} · ${this.told.words[`state_${site.state}`]}`;
      const mark = L.marker([site.lat, site.lon], {
        icon: L.divIcon({ className: look, iconSize: [16, 16] }), draggable: this.told.own, keyboard: false, title, alt: title, bubblingMouseEvents: false,
      });
      Object.assign(mark, { look, at: `${site.lat} ${site.lon}` });
      mark.on("click", () => this.hooks.choose(site.site_id));
      mark.on("dragstart", () => { this.dragged = mark; this.hooks.choose(site.site_id); });
      mark.on("drag", () => this.hooks.drag(site.site_id, mark.getLatLng()));
      mark.on("dragend", () => { this.dragged = null; mark.at = ""; this.hooks.drop(site.site_id, mark.getLatLng()); });
      this.marks.set(site.site_id, mark.addTo(this.map));
    }

    choose(id) {
      const before = this.chosen;
      this.chosen = id;
      for (const one of [before, id]) {
        this.marks.get(one)?.getElement()?.classList.toggle("chosen", one === id);
      }
    }

    /** Colour the cells that differ, and those that no longer do. */
    colour(values) {
      const { view, layers } = this.face;
      const before = view.changed;
      view.changed = new Map([...this.shares, ...Object.entries(values)]);
      const cells = layers.cells;
      if (!cells?._vectorTiles) return;
      for (const cell of view.changed.keys()) {
        if (before.get(cell) === view.changed.get(cell)) continue;
        if (this.face.strengthOf(cell)) this.face.restyle(cell);
        else cells.resetFeatureStyle(cell);
      }
    }
  };
})();

// Cells, borders and corners of a draft on the map. A border is one line, whichever cells it parts:
// Leaflet-Geoman moves its corners; where borders meet there is one marker that moves them all.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const SIGN = { over: " ▲", under: " ▼" };
  const MOST_LABELS = 120;
  const swap = ([lon, lat]) => [lat, lon];
  const lonlat = ({ lat, lng }) => [lng, lat];
  const same = (one, other) => one[0] === other[0] && one[1] === other[1];

  gridmap.DraftLayers = class {
    /** `heard` has choose(cell, more), move(operation) and say(text). */
    constructor(map, words, heard) {
      this.map = map;
      this.words = words;
      this.heard = heard;
      this.renderer = L.svg({ padding: 0.5 });
      this.group = L.layerGroup().addTo(map);
      this.handles = L.layerGroup().addTo(map);
      this.lines = [];
      map.pm.setGlobalOptions({ snappable: true, snapDistance: 10, allowSelfIntersection: true });
    }

    /** Draw what the server told; chosen cells get handles on their borders. */
    draw(told, chosen) {
      this.told = told;
      this.group.clearLayers();
      this.clearHandles();
      const style = { renderer: this.renderer };
      for (const feature of told.before.features) {
        L.geoJSON(feature, { renderer: this.renderer, interactive: false, className: "draft-before", pmIgnore: true }).addTo(this.group);
      }
      for (const feature of told.cells.features) {
        const { cell_id: cell, band, changed } = feature.properties;
        const marks = ["draft-cell", band, changed ? "changed" : "", chosen.includes(cell) ? "chosen" : ""];
        const layer = L.geoJSON(feature, { ...style, className: marks.filter(Boolean).join(" "), pmIgnore: true });
        layer.on("click", ({ originalEvent }) => {
          // While a line is drawn a click is one of its corners.
          if (!this.drawing) this.heard.choose(cell, originalEvent.shiftKey || originalEvent.ctrlKey);
        });
        layer.addTo(this.group);
        if (told.cells.features.length <= MOST_LABELS) this.label(layer, feature.properties);
      }
      if (chosen.length) this.drawHandles(chosen);
    }

    label(layer, facts) {
      const text = facts.households === null ? facts.name : `${Math.round(facts.households)}${SIGN[facts.band] ?? ""}`;
      const label = document.createElement("span");
      label.textContent = text;
      layer.bindTooltip(label, { permanent: true, direction: "center", className: "draft-label", interactive: false });
    }

    clearHandles() {
      for (const { line } of this.lines) line.pm.disable();
      this.lines = [];
      this.handles.clearLayers();
    }

    drawHandles(chosen) {
      const borders = this.told.borders.filter(({ cells }) => cells.some((cell) => chosen.includes(cell)));
      for (const border of borders) this.drawBorder(border);
      const ends = borders.flatMap(({ line }) => [line[0], line.at(-1)]);
      for (const corner of this.told.corners) {
        if (ends.some((end) => same(end, corner.at))) this.drawCorner(corner);
      }
    }

    drawBorder(border) {
      const line = L.polyline(border.line.map(swap), { renderer: this.renderer, className: "draft-border", bubblingMouseEvents: false });
      line.addTo(this.handles);
      const last = () => line.getLatLngs().length - 1;
      const isEnd = ({ marker }) => {
        const at = marker.getLatLng();
        return [line.getLatLngs()[0], line.getLatLngs()[last()]].some((end) => end.equals(at, 1e-12));
      };
      line.pm.enable({
        allowSelfIntersection: true,
        snappable: false,
        moveVertexValidation: (event) => !isEnd(event),
        removeVertexValidation: (event) => !isEnd(event),
        removeLayerBelowMinVertexCount: false,
      });
      this.hear(line, border);
      this.lines.push({ line, border });
      // Handles are for a pointer only; the table below the map does the same by keyboard.
      for (const handle of this.map.getPane("markerPane").querySelectorAll(".marker-icon")) {
        handle.removeAttribute("tabindex");
        handle.removeAttribute("role");
      }
    }

    /** Turn what Geoman did to a line into one operation. */
    hear(line, border) {
      let added = null;
      let dragging = false;
      const middle = (index) => {
        const [one, other] = [border.line[index - 1], border.line[index]];
        return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
      };
      line.on("pm:vertexadded", ({ indexPath }) => {
        added = indexPath.at(-1);
        setTimeout(() => {
          if (added === null || dragging) return;
          this.heard.move({ op: "insert", at: middle(added) });
        });
      });
      line.on("pm:markerdragstart", () => { dragging = true; });
      line.on("pm:markerdragend", ({ indexPath, markerEvent }) => {
        if (!dragging) return;
        dragging = false;
        const to = lonlat(markerEvent.target.getLatLng());
        const index = indexPath.at(-1);
        if (added === null) this.heard.move({ op: "move", at: border.line[index], to });
        else this.heard.move({ op: "insert", at: middle(added), to });
      });
      line.on("pm:vertexremoved", ({ indexPath }) => {
        this.heard.move({ op: "delete", at: border.line[indexPath.at(-1)] });
      });
    }

    drawCorner({ at, kind }) {
      const text = this.words[`corner_${kind}`];
      const marker = L.marker(swap(at), {
        draggable: kind !== "locked",
        pmIgnore: true,
        zIndexOffset: 2000,
        keyboard: false,
        title: text,
        icon: L.divIcon({ className: `draft-corner ${kind}`, iconSize: kind === "locked" ? [10, 10] : [16, 16] }),
      });
      const meeting = this.lines.flatMap(({ line, border }) => [0, border.line.length - 1]
        .filter((index) => same(border.line[index], at)).map((index) => ({ line, index })));
      marker.on("drag", () => {
        for (const { line, index } of meeting) {
          const places = line.getLatLngs();
          places[index] = marker.getLatLng();
          line.setLatLngs(places);
        }
      });
      marker.on("dragend", () => this.heard.move({ op: "move", at, to: lonlat(marker.getLatLng()) }));
      marker.on("click", () => { if (kind === "locked") this.heard.say(this.words.locked); });
      marker.addTo(this.handles);
    }

    /** Draw a line with Geoman; resolves to its places, or null when stopped with Escape. */
    drawLine() {
      return new Promise((resolve) => {
        const { map } = this;
        this.clearHandles();
        this.drawing = true;
        const end = (line) => {
          this.drawing = false;
          map.off("pm:create", made);
          map.off("pm:drawend", stopped);
          resolve(line);
        };
        const made = ({ layer }) => {
          const line = layer.getLatLngs().map(lonlat);
          layer.remove();
          end(line);
        };
        const stopped = () => setTimeout(() => end(null));
        map.on("pm:create", made);
        map.on("pm:drawend", stopped);
        map.pm.enableDraw("Line", { snappable: false, tooltips: false, finishOn: "dblclick", continueDrawing: false });
      });
    }

    stopLine() { this.map.pm.disableDraw(); }
  };
})();

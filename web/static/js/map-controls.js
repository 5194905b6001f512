// Legend, layer switch, scale, sources and the hover line: the furniture of every map.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const make = gridmap.make;
  const NARROW_PX = 480;

  /** Control of the map that holds an element, and keeps clicks on it from the map. */
  gridmap.control = (position, element) => {
    const Holder = L.Control.extend({
      onAdd() {
        L.DomEvent.disableClickPropagation(element);
        L.DomEvent.disableScrollPropagation(element);
        return element;
      },
    });
    return new Holder({ position });
  };

  /** A little picture of a class, painted with the pattern the map uses. */
  function swatch(one, estimated = false) {
    const ratio = window.devicePixelRatio || 1;
    const picture = make("canvas", "map-swatch", [], { "aria-hidden": "true" });
    picture.width = 26 * ratio;
    picture.height = 16 * ratio;
    const pen = picture.getContext("2d");
    pen.scale(ratio, ratio);
    const fill = gridmap.fillOf(one, estimated);
    if (fill) {
      pen.fillStyle = fill;
      pen.fillRect(0, 0, 26, 16);
    }
    pen.strokeStyle = gridmap.token(fill ? "text" : "empty");
    pen.globalAlpha = fill ? 0.45 : 1;
    if (!fill) pen.setLineDash([3, 3]);
    pen.strokeRect(0.5, 0.5, 25, 15);
    return picture;
  }

  function legendBody(view) {
    const rows = view.classes.map((one) => make("li", "", [
      swatch(one),
      make("span", "map-legend-label", one.label),
      one.cells === null || one.cells === undefined ? null : make("span", "map-legend-count", gridmap.spaced(one.cells)),
    ]));
    const painted = view.classes.find((one) => one.pattern === "plain");
    if (painted && view.colourBy !== "rank" && !gridmap.showsReach?.(view)) {
      rows.push(make("li", "map-legend-note", [swatch(painted, true), make("span", "", view.words.estimated_note)]));
    }
    const counted = view.classes.some((one) => one.cells !== null && one.cells !== undefined);
    return [
      view.title ? make("p", "map-legend-title", view.title) : null,
      view.note ? make("p", "map-note", view.note) : null,
      counted ? make("p", "map-legend-unit", view.words.cells_count) : null,
      make("ul", "", rows),
      view.synthetic ? make("p", "map-synthetic", view.words.synthetic) : null,
    ].filter(Boolean);
  }

  /** Legend inside the map; folded on a phone. `draw` repaints it after a change. */
  gridmap.addLegend = (map, view) => {
    const body = make("div", "map-legend-body");
    const box = make("details", "map-box map-legend", [make("summary", "", view.words.legend), body]);
    box.open = map.getContainer().clientWidth >= NARROW_PX;
    const draw = () => body.replaceChildren(...legendBody(view));
    draw();
    gridmap.control("bottomleft", box).addTo(map);
    return { draw };
  };

  /** Layer switch of plain check boxes; tells `onChange(name, shown)`. */
  gridmap.addLayerSwitch = (map, view, onChange) => {
    const boxes = view.layers.map((one) => {
      const tick = make("input", "", [], { type: "checkbox" });
      tick.checked = one.shown;
      tick.addEventListener("change", () => onChange(one.name, tick.checked));
      return make("label", "", [tick, ` ${one.label}`]);
    });
    const box = make("details", "map-box map-layers", [
      make("summary", "", view.words.layers), make("div", "map-layers-body", boxes),
    ]);
    gridmap.control("topright", box).addTo(map);
    return box;
  };

  gridmap.addFurniture = (map, view) => {
    map.setMaxZoom(19);
    L.control.zoom({ position: "topleft", zoomInTitle: view.words.zoom_in, zoomOutTitle: view.words.zoom_out }).addTo(map);
    const whole = make("button", "map-box map-whole", "⤢", { type: "button", title: view.words.whole, "aria-label": view.words.whole });
    whole.addEventListener("click", () => map.fitBounds(gridmap.leafletBounds(view.bounds)));
    gridmap.control("topleft", whole).addTo(map);
    L.control.scale({ position: "bottomright", imperial: false }).addTo(map);
    if (view.attribution) {
      gridmap.control("bottomright", make("div", "map-sources", view.attribution)).addTo(map);
    }
    map.attributionControl?.remove();
    const container = map.getContainer();
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", view.title ? `${view.words.map}: ${view.title}` : view.words.map);
    const hint = make("p", "map-hint", view.words.map_hint, { id: `${container.id}_hint` });
    container.append(hint);
    container.setAttribute("aria-describedby", hint.id);
  };

  gridmap.leafletBounds = ([west, south, east, north]) => [[south, west], [north, east]];

  /** One line beside the pointer. */
  gridmap.HoverLine = class {
    constructor(map) {
      this.element = make("div", "map-hover");
      this.element.hidden = true;
      map.getContainer().append(this.element);
      this.map = map;
    }

    show(at, text) {
      this.element.textContent = text;
      this.element.hidden = false;
      const room = this.map.getContainer().clientWidth - this.element.offsetWidth - 4;
      this.element.style.transform = `translate(${Math.max(4, Math.min(at.x + 14, room))}px, ${at.y + 18}px)`;
    }

    hide() { this.element.hidden = true; }
  };

  /** One line about a cell: its name, its figure, its status. */
  gridmap.cellLine = (view, cell) => {
    const parts = [cell.name || cell.cell_id];
    if (cell.value !== undefined && cell.value !== null) parts.push(gridmap.figure(view.words, cell.value, view.unit));
    if (cell.status) parts.push(view.words[cell.status] ?? cell.status);
    if (cell.quality && cell.quality !== "good") parts.push(view.words[cell.quality] ?? cell.quality);
    return parts.join(" · ");
  };

  /** One fact for each area that lies over a cell. */
  gridmap.besideFacts = (view, also = []) => also.map(({ name, facts }) => {
    const told = [facts.name, view.words[facts.dimension], facts.level && (view.words[facts.level] ?? facts.level)];
    if (facts.people) told.push(`${gridmap.figure(view.words, Math.round(facts.people))} ${view.words.people}`);
    const label = view.layers.find((one) => one.name === name)?.label ?? view.words[name] ?? name;
    if (facts.status) told.push(view.words[facts.status]);
    return { label, value: told.filter(Boolean).join(" · ") || "✓" };
  });

  /** What the map itself knows of a thing, as a panel shows it. */
  gridmap.knownFacts = (view, name, facts) => {
    const told = [];
    const add = (label, value) => { if (value !== undefined && value !== null && value !== "") told.push({ label, value }); };
    if (name !== "cells") {
      for (const key of ["type", "state", "kind", "dimension", "status", "window", "people", "shortfall", "capacity", "rank", "reason"]) {
        add(view.words[key] ?? key, view.words[facts[key]] ?? facts[key]);
      }
    } else {
      add(view.words.cell, facts.cell_id);
      add(view.words.community, facts.community);
    }
    const measures = name !== "cells" ? [] : [{
      label: view.title || view.words.value, value: gridmap.figure(view.words, facts.value, view.unit),
      status: facts.status, quality: facts.quality,
    }];
    return { name: facts.name || facts.cell_id || facts.site_id || facts.camera_id || facts.gap_id || "", facts: told, measures };
  };
})();

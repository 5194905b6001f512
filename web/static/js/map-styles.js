// How things look: classes of cells, hatches, and the greys of the base map.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const PATTERN_PX = 8; // divides a tile's 256 px, so hatches meet across tiles

  /** Token of map.css, read once per theme. */
  const tokens = new Map();
  gridmap.token = (name) => {
    if (!tokens.has(name)) {
      tokens.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim());
    }
    return tokens.get(name);
  };
  gridmap.forgetTokens = () => { tokens.clear(); patterns.clear(); };

  /** A diagonal hatch as a canvas pattern; `ground` may be "transparent". */
  const patterns = new Map();
  function hatch(ground, line, width, falling = false) {
    const key = `${ground} ${line} ${width} ${falling}`;
    if (!patterns.has(key)) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = PATTERN_PX;
      const pen = tile.getContext("2d");
      if (ground !== "transparent") {
        pen.fillStyle = ground;
        pen.fillRect(0, 0, PATTERN_PX, PATTERN_PX);
      }
      pen.strokeStyle = line;
      pen.lineWidth = width;
      for (const shift of [-PATTERN_PX, 0, PATTERN_PX]) {
        pen.beginPath();
        pen.moveTo(shift - 1, falling ? -1 : PATTERN_PX + 1);
        pen.lineTo(shift + PATTERN_PX + 1, falling ? PATTERN_PX + 1 : -1);
        pen.stroke();
      }
      patterns.set(key, pen.createPattern(tile, "repeat"));
    }
    return patterns.get(key);
  }

  const isLight = (colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
  };

  /** Fill of a legend class; thin lines where the figure is an estimate. */
  gridmap.fillOf = (one, estimated = false) => {
    if (one.pattern === "empty") return null;
    if (one.pattern === "hatch") return hatch("transparent", one.colour, 2);
    if (!estimated) return one.colour;
    return hatch(one.colour, isLight(one.colour) ? "rgba(0,0,0,.26)" : "rgba(255,255,255,.42)", 0.8);
  };

  /** The class a cell falls into, or null where the legend has none for it. */
  gridmap.classOf = (view, cell) => {
    if (view.colourBy === "status") return view.classes.find((one) => one.key === cell.status) ?? null;
    // What is unknown may carry a lower bound: it is hatched all the same.
    const unknown = cell.value === undefined || cell.value === null || cell.status === "unknown";
    if (unknown) return view.classes.find((one) => one.key === "unknown") ?? null;
    return view.classes.find((one) => one.key !== "unknown"
      && (one.low === null || cell.value >= one.low)
      && (one.high === null || cell.value < one.high)) ?? null;
  };

  /** Whether the legend is about ground within some minutes. */
  gridmap.showsReach = (view) => view.classes.some(({ key }) => key.startsWith("within-"))
    || view.layers.some((one) => one.name === "catchments" && one.shown);
  gridmap.cellStyle = (view, cell) => {
    const found = view.colourBy === "rank" ? null : gridmap.classOf(view, cell);
    const fill = found && gridmap.fillOf(found, Boolean(cell.quality) && cell.quality !== "good");
    const empty = !fill;
    // Over reached ground cells are thin lines only: the dashed line there is the norm's.
    const thin = empty && gridmap.showsReach(view);
    return {
      stroke: true, color: gridmap.token(empty ? "empty" : "border"), weight: thin ? 0.6 : empty ? 1.2 : 0.8,
      opacity: empty && !thin ? 0.9 : 0.75, dashArray: empty && !thin ? "3 3" : null,
      fill: !empty, fillColor: fill ?? undefined, fillOpacity: found?.pattern === "hatch" ? 0.85 : 0.7,
    };
  };
  gridmap.marked = (style, strength) => ({
    ...style, stroke: true, color: gridmap.token("mark"), opacity: 1, dashArray: null,
    weight: strength === "selected" ? 3.5 : 2,
    fillOpacity: style.fill ? Math.min(1, style.fillOpacity + 0.16) : 0,
  });

  const WIDE = new Set(["motorway", "trunk", "primary", "secondary"]);
  const NARROW = new Set(["footway", "path", "steps", "cycleway", "track", "pedestrian", "corridor"]);
  const RIVERS = new Set(["river", "canal"]);
  const RAILS = new Set(["rail", "light_rail", "narrow_gauge"]);
  const GREEN = /park|garden|grass|forest|wood|meadow|cemetery|recreation|pitch|playground|village_green/;
  const HOUSES_FROM_ZOOM = 15;
  const NARROW_FROM_ZOOM = 14;
  const nothing = [];

  gridmap.roadStyle = (kind, zoom) => {
    if (RIVERS.has(kind)) return { color: gridmap.token("water"), weight: zoom > 14 ? 3 : 1.5, fill: false };
    if (RAILS.has(kind)) return { color: gridmap.token("road"), weight: 1.6, dashArray: "7 4", fill: false };
    const narrow = NARROW.has(kind);
    if (narrow && zoom < NARROW_FROM_ZOOM) return nothing;
    const scale = Math.max(0.5, 2 ** (0.55 * (zoom - 14)));
    const weight = (WIDE.has(kind) ? 2.6 : narrow ? 0.7 : 1.3) * Math.min(4, scale);
    return { color: gridmap.token("road"), weight, opacity: narrow ? 0.7 : 1, fill: false };
  };
  gridmap.groundStyle = (token) => ({
    stroke: false, fill: true, fillColor: gridmap.token(token), fillOpacity: 1,
  });
  const point = (token, radius) => (_facts, zoom) => ({
    radius: radius * Math.min(1, Math.max(0.45, 1 + (zoom - 16) / 4)), stroke: true, color: gridmap.token("halo"), weight: 1, opacity: 1,
    fill: true, fillColor: gridmap.token(token), fillOpacity: 1,
  });
  // Open sites are full, planned ones are rings, closed ones are small and pale.
  const site = (facts, zoom) => {
    const full = point("site", 5)(facts, zoom);
    if (facts.state === "planned" || facts.proposed === true) return { ...full, color: gridmap.token("site"), weight: 2, fillColor: gridmap.token("halo") };
    return facts.state === "closed" ? { ...full, radius: 0.6 * full.radius, fillOpacity: 0.4, opacity: 0.5 } : full;
  };
  // Homes of a cell out of reach: small dots, so that many of them stay dots.
  const home = (_facts, zoom) => ({
    radius: zoom < 14 ? 1.6 : zoom < 16 ? 2.4 : 3.4, stroke: zoom >= 15, color: gridmap.token("halo"), weight: 0.7,
    fill: true, fillColor: gridmap.token("gap"), fillOpacity: 0.95,
  });
  // Ground within some minutes is a class of the legend where the map is about it, else an outline.
  const reached = (view) => (facts) => {
    const key = facts.minutes === undefined || facts.minutes === null ? "norm" : `within-${Math.round(facts.minutes)}`;
    const one = view.classes.find((known) => known.key === key);
    if (one?.pattern === "plain") return { stroke: true, color: gridmap.token("border"), weight: 0.8, opacity: 1, fill: true, fillColor: one.colour, fillOpacity: 1 };
    if (one) return { stroke: true, color: gridmap.token("mark"), weight: 2, opacity: 0.9, dashArray: "6 4", fill: false };
    return outlined("area", null)();
  };
  // A catchment is as dark as many people share its site; the ground of nobody's is hatched.
  const shared = (view) => (facts) => {
    const one = facts.site_id && view.classes.find((known) => known.key !== "unknown"
      && (known.low === null || facts.people >= known.low) && (known.high === null || facts.people < known.high));
    return {
      stroke: true, color: gridmap.token("mark"), weight: 1.6, opacity: 0.9, fill: true, fillOpacity: 0.72,
      fillColor: one ? one.colour : hatch("transparent", gridmap.token("gap"), 1.3),
    };
  };
  const ground = (kind) => {
    if (GREEN.test(kind ?? "")) return gridmap.groundStyle("green");
    if (/water|river|basin|bay/.test(kind ?? "")) return gridmap.groundStyle("water");
    return /square|plaza|pedestrian/.test(kind ?? "") ? gridmap.groundStyle("square") : nothing;
  };
  const water = (facts, zoom) => (/stream|ditch|drain|canal|river/.test(facts.waterway ?? "")
    ? { color: gridmap.token("water"), weight: zoom > 14 ? 2 : 1, fill: false } : gridmap.groundStyle("water"));
  const outlined = (token, dash) => () => ({
    stroke: true, color: gridmap.token(token), weight: 1.4, opacity: 0.95, dashArray: dash,
    fill: true, fillColor: gridmap.token(token), fillOpacity: 0.16,
  });

  // Gaps of one cell lie on top of each other. Over coloured cells they are hatched, and one hatch
  // hides in the next; alone they are painted full, and map.css makes the whole layer translucent,
  // so that they do not add up.
  gridmap.showsCells = (view) => view.layers.some((one) => one.name === "cells" && one.shown);
  const gapStyle = (view) => (facts) => {
    if (gridmap.showsCells(view)) {
      return {
        stroke: true, color: gridmap.token("gap"), weight: 0.8, opacity: 0.55, dashArray: null,
        fill: true, fillColor: hatch("transparent", gridmap.token("gap"), 1.3, true), fillOpacity: 1,
      };
    }
    const one = view.colourBy === "rank"
      ? gridmap.classOf(view, { value: facts.rank }) : view.classes.find((known) => known.key === facts.status);
    const fill = one && gridmap.fillOf(one);
    return {
      stroke: true, color: gridmap.token("border"), weight: 0.8, opacity: 0.9, dashArray: null,
      fill: Boolean(fill), fillColor: fill ?? undefined, fillOpacity: 1,
    };
  };

  /** Styles by the name of the layer inside a tile. */
  gridmap.tileStyles = (view) => ({
    cells: (facts) => gridmap.cellStyle(view, facts),
    landuse: (facts) => ground(facts.kind),
    water,
    buildings: (_facts, zoom) => (zoom < HOUSES_FROM_ZOOM ? nothing : gridmap.groundStyle("house")),
    roads: (facts, zoom) => gridmap.roadStyle(facts.highway ?? facts.kind, zoom),
    communities: () => ({
      stroke: true, color: gridmap.token("community"), weight: 1.8, opacity: 0.9, fill: false,
    }),
    service_areas: reached(view),
    catchments: shared(view),
    unserved: home,
    views: outlined("view", null),
    blind_spots: outlined("gap", "2 3"),
    gaps: gapStyle(view),
    sites: site,
    cameras: point("camera", 4),
  });
})();

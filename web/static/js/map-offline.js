// A map that stands alone: its facts are in the page, and it never asks the network.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const make = gridmap.make;
  const STATUS = { m: "met", p: "partly", x: "missed", u: "unknown", n: "not_due" };
  const QUALITY = { g: "good", e: "estimated", p: "poor" };
  const STATUS_LOOKS = [
    ["met", "#2166ac", "plain"], ["partly", "#92c5de", "plain"], ["missed", "#d6604d", "plain"],
    ["unknown", "#8a8a8a", "hatch"], ["not_due", "#6b6b6b", "empty"],
  ];
  const GROUND = ["landuse", "buildings", "roads"];
  const ORDER = [...GROUND, "service_areas", "cells", "views", "blind_spots", "communities", "gaps", "sites", "cameras"];
  const LETTERS = { zh_Hans: "简", zh_Hant: "繁", en: "EN" };
  const NAMES = { zh_Hans: "简体中文", zh_Hant: "繁體中文", en: "English" };

  const at = (column, place) => (column.length === 1 ? column[0] : column[place]) ?? null;

  /** State of one cell under one measure. */
  function stateOf(measure, place) {
    return {
      value: at(measure.value, place), required: at(measure.required, place), shortfall: at(measure.shortfall, place),
      status: STATUS[measure.status[place]] ?? null, quality: QUALITY[measure.quality[place]] ?? null,
      reason: measure.reasons[measure.reason.length ? measure.reason[place] : 0] ?? "",
    };
  }

  class OfflineMap extends gridmap.MapFace {
    constructor(map, told, language) {
      super(map, viewFor(told, language));
      Object.assign(this, { told, language, groups: {}, shapes: new Map(), tab: "cells" });
      this.places = new Map(told.cells.map((one, place) => [one.properties.cell_id, place]));
      const place = gridmap.readPlace();
      const first = told.measures.findIndex((one) => one.key === place.measure);
      this.measure = told.measures[Math.max(0, first)] ?? null;
      this.view.colourBy = this.bestColouring();
      this.table = new gridmap.TwinTable(document.querySelector(".offline-twin"));
      // Words first: they decide how much room the map has.
      this.say();
      map.invalidateSize({ animate: false });
      this.setPlace(place);
      this.drawGroups();
      this.listen();
      map.on("zoomend", () => this.styleGround());
      document.addEventListener("gridmap:rows", () => gridmap.markRows(this.selected, { quiet: true }));
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        gridmap.forgetTokens();
        this.paint();
      });
      if (place.cell && this.places.has(place.cell)) this.select(place.cell, { quiet: true });
      requestAnimationFrame(() => this.tellReady());
    }

    bestColouring() {
      return this.measure && /[mpxu]/.test(this.measure.status) ? "status" : "value";
    }

    // --- drawing -------------------------------------------------------------------------------

    drawGroups() {
      for (const [height, name] of ORDER.entries()) {
        const listed = this.featuresOf(name);
        if (!listed.length) continue;
        this.map.createPane(name).style.zIndex = String(300 + height);
        this.map.getPane(name).style.pointerEvents = "none";
        const renderer = L.canvas({ pane: name, padding: 0.4 });
        const group = L.geoJSON({ type: "FeatureCollection", features: listed }, {
          pane: name, renderer, interactive: false,
          style: (feature) => this.styleOf(name, feature.properties),
          pointToLayer: (feature, where) => L.circleMarker(where, {
            pane: name, renderer, interactive: false, ...this.styleOf(name, feature.properties),
          }),
          onEachFeature: (feature, layer) => { if (name === "cells") this.shapes.set(feature.properties.cell_id, layer); },
        });
        this.groups[name] = group;
        const shown = this.view.layers.find((one) => one.name === name || (GROUND.includes(name) && one.name === "base"));
        if (shown?.shown) group.addTo(this.map);
      }
    }

    featuresOf(name) {
      if (name === "cells") return this.told.cells;
      if (name !== "gaps") return this.told.layers[name] ?? [];
      return this.told.gaps.map((gap) => ({
        ...gap, geometry: gap.geometry ?? this.told.cells[this.places.get(gap.properties.cell_id)]?.geometry,
      })).filter((gap) => gap.geometry);
    }

    styleOf(name, facts) {
      if (name === "cells") return this.cellStyle(facts.cell_id);
      const style = gridmap.tileStyles(this.view)[name](facts, this.map.getZoom());
      return Array.isArray(style) ? { stroke: false, fill: false } : style;
    }

    cellStyle(cell) {
      const style = gridmap.cellStyle(this.view, this.stateOf(cell));
      const strength = this.strengthOf(cell);
      return strength ? gridmap.marked(style, strength) : style;
    }

    stateOf(cell) {
      return this.measure ? stateOf(this.measure, this.places.get(cell)) : {};
    }

    styleGround() {
      for (const name of GROUND) {
        this.groups[name]?.setStyle((feature) => this.styleOf(name, feature.properties));
      }
    }

    paint() {
      for (const [name, group] of Object.entries(this.groups)) {
        group.setStyle((feature) => this.styleOf(name, feature.properties));
      }
      this.legend.draw();
    }

    restyle(cell) {
      const shape = cell && this.shapes.get(cell);
      if (!shape) return;
      shape.setStyle(this.cellStyle(cell));
      if (this.strengthOf(cell)) shape.bringToFront();
    }

    show(name, shown) {
      for (const part of name === "base" ? GROUND : [name]) {
        if (!this.groups[part]) continue;
        if (shown) this.groups[part].addTo(this.map);
        else this.groups[part].remove();
      }
      this.keepLayers(name, shown);
      if (name === "cells") this.paint();
    }

    factsAt(name, x, y) {
      const group = this.groups[name];
      if (!group || !this.map.hasLayer(group)) return null;
      const box = this.map.getContainer().getBoundingClientRect();
      const point = this.map.containerPointToLayerPoint([x - box.left, y - box.top]);
      let found = null;
      group.eachLayer((one) => { if (one._pxBounds?.contains(point) && one._containsPoint(point)) found = one; });
      return found && this.factsOf(name, found.feature.properties);
    }

    /** Facts of a feature in the reader's language. */
    factsOf(name, facts) {
      if (name === "cells") return { ...facts, ...this.stateOf(facts.cell_id) };
      const told = { ...facts };
      if (facts.type) told.type = this.told.types[this.language][facts.type] ?? facts.type;
      if (facts.measure) told.name = this.nameOf(facts.measure);
      if (typeof facts.shortfall === "number") told.shortfall = gridmap.figure(this.view.words, facts.shortfall, facts.unit);
      if (name === "blind_spots") told.name = this.view.words.blind_spots;
      return told;
    }

    nameOf(measure) {
      return this.told.measures.find((one) => one.key === measure)?.names[this.language] ?? measure;
    }

    tell(cell, { also, focus, move }) {
      const { properties } = this.told.cells[this.places.get(cell)] ?? { properties: { cell_id: cell } };
      const { words } = this.view;
      const facts = [[words.cell, properties.code ?? properties.cell_id], [words.community, properties.community ?? properties.community_code],
        [words.people, gridmap.figure(words, properties.population)]];
      const measures = this.told.measures.map((measure) => {
        const state = stateOf(measure, this.places.get(cell));
        return {
          label: measure.names[this.language], value: gridmap.figure(words, state.value, measure.unit),
          required: state.required === null ? null : gridmap.figure(words, state.required, measure.unit),
          status: state.status, quality: state.quality, reason: state.reason, now: measure === this.measure,
        };
      }).filter((one) => one.status);
      this.panel.show({
        name: properties.name ?? properties.cell_id,
        facts: [...facts.filter(([, value]) => value).map(([label, value]) => ({ label, value })), ...gridmap.besideFacts(this.view, also)],
        measures: measures.sort((a, b) => Number(b.now) - Number(a.now)),
      }, { focus });
      const shape = this.shapes.get(cell);
      if (move && shape && !this.map.getBounds().contains(shape.getBounds())) {
        const box = shape.getBounds();
        this.go({ bounds: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()] });
      }
    }

    // --- words ---------------------------------------------------------------------------------

    /** Say everything anew: after a change of language, measure or colouring. */
    say() {
      const { told, language, measure, view } = this;
      const { words } = view;
      document.documentElement.lang = language.replace("_", "-");
      const [answer, ...terms] = (measure?.headline[language] ?? words.no_value).split(" · ");
      document.querySelector(".offline-headline").replaceChildren(make("strong", "", answer), terms.map((one) => ` · ${one}`).join(""));
      const ribbon = document.querySelector(".offline-ribbon");
      const made = told.synthetic[language];
      ribbon.hidden = !made.length;
      ribbon.replaceChildren(make("strong", "", words.synthetic), ` ${words.synthetic_note} `,
        made.join(language === "en" ? ", " : "、"));
      document.querySelector(".offline-foot").replaceChildren(
        ...[told.attribution, `${words.as_of} ${told.at}`, words.made_of].filter(Boolean).map((one) => make("span", "", one)),
      );
      view.title = measure?.names[language] ?? "";
      view.unit = measure?.unit ?? "";
      view.classes = measure ? this.classes() : [];
      this.sayLanguages();
      this.sayChoices();
      this.sayTable();
      this.paint();
    }

    classes() {
      const { words } = this.view;
      const states = this.told.cells.map((_, place) => stateOf(this.measure, place));
      if (this.view.colourBy === "value") {
        const classes = this.measure.classes.map((one) => ({ ...one, label: one.key === "unknown" ? words.no_value : one.label }));
        const probe = { colourBy: "value", classes };
        const keys = states.map((one) => gridmap.classOf(probe, one)?.key);
        return classes.map((one) => ({ ...one, cells: keys.filter((key) => key === one.key).length }));
      }
      return STATUS_LOOKS.map(([key, colour, pattern]) => ({
        key, colour, pattern, label: words[key], cells: states.filter((one) => one.status === key).length,
      })).filter((one) => one.cells);
    }

    sayLanguages() {
      const holder = document.querySelector(".offline-languages");
      holder.setAttribute("aria-label", this.view.words.language);
      holder.replaceChildren(...Object.keys(this.told.languages).map((one) => {
        const button = make("button", "", LETTERS[one], {
          type: "button", lang: one.replace("_", "-"), "aria-label": `${LETTERS[one]} ${NAMES[one]}`, "aria-pressed": String(one === this.language),
        });
        button.addEventListener("click", () => this.speak(one));
        return button;
      }));
    }

    speak(language) {
      this.language = language;
      const fresh = viewFor(this.told, language);
      this.view.words = fresh.words;
      for (const one of this.view.layers) one.label = fresh.layers.find((other) => other.name === one.name).label;
      this.panel.words = fresh.words;
      this.layerSwitch.querySelectorAll("label").forEach((label, place) => { label.lastChild.textContent = ` ${this.view.layers[place].label}`; });
      this.layerSwitch.querySelector("summary").textContent = fresh.words.layers;
      this.map.getContainer().querySelector(".map-legend > summary").textContent = fresh.words.legend;
      this.say();
      if (this.selected) this.tell(this.selected, {});
      document.querySelector(`.offline-languages [lang="${language.replace("_", "-")}"]`).focus();
    }

    sayChoices() {
      const { words } = this.view;
      const measures = make("select", "", this.groupsOfMeasures(), { name: "measure" });
      measures.addEventListener("change", () => {
        this.measure = this.told.measures[Number(measures.value)];
        this.view.colourBy = this.bestColouring();
        gridmap.writePlace({ measure: this.measure.key });
        this.say();
        if (this.selected) this.tell(this.selected, {});
        document.querySelector(".offline-choices select").focus();
      });
      const colouring = make("select", "", [
        make("option", "", words.status, { value: "status" }), make("option", "", words.value, { value: "value" }),
      ], { name: "colour" });
      colouring.value = this.view.colourBy;
      colouring.addEventListener("change", () => {
        this.view.colourBy = colouring.value;
        this.say();
        document.querySelectorAll(".offline-choices select")[1].focus();
      });
      const search = make("input", "", [], { type: "search", name: "search", autocomplete: "off" });
      search.value = this.searched ?? "";
      search.addEventListener("input", () => { this.searched = search.value; this.table.filter(search.value); });
      const form = document.querySelector(".offline-choices");
      form.onsubmit = (event) => {
        event.preventDefault();
        const first = document.querySelector(".offline-twin tr[data-cell-id]");
        if (first && search.value) this.select(first.dataset.cellId, { push: true, move: true });
      };
      const field = (label, input) => make("label", "", [make("span", "", label), input]);
      form.replaceChildren(field(words.measure, measures), field(words.colour_by, colouring), field(words.search, search));
    }

    groupsOfMeasures() {
      const groups = new Map();
      for (const [place, one] of this.told.measures.entries()) {
        const option = make("option", "", one.names[this.language], { value: place });
        option.selected = one === this.measure;
        groups.set(one.dimension, [...(groups.get(one.dimension) ?? []), option]);
      }
      return [...groups].map(([name, options]) => make("optgroup", "", options, { label: this.view.words[name] ?? name }));
    }

    sayTable() {
      const { words } = this.view;
      const total = gridmap.figure(words, this.told.gaps_total);
      this.table.fill({
        words, tab: this.tab, empty: words.no_gaps, caption: this.tab === "cells" ? this.view.title : words.gaps,
        tabs: [{ key: "cells", label: words.cells_tab }, { key: "gaps", label: `${words.gaps_tab} (${total})` }],
        onTab: (tab) => { this.tab = tab; this.sayTable(); },
        ...(this.tab === "cells" ? this.cellTable() : this.gapTable()),
      });
    }

    cellTable() {
      const { words } = this.view;
      const unit = this.measure?.unit;
      const rows = this.told.cells.map(({ properties }, place) => ({
        ...properties, ...(this.measure ? stateOf(this.measure, place) : {}),
        text: [properties.cell_id, properties.code, properties.name, properties.community].join(" ").toLowerCase(),
      })).filter((row) => row.status).sort(gridmap.worstFirst);
      const communities = new Set(rows.map((row) => row.community_code));
      const columns = [
        { key: "name", label: words.cell, of: (row) => row.name ?? row.cell_id, show: (row) => this.opener(row, row.name ?? row.cell_id) },
        { key: "community", label: words.community, of: (row) => row.community ?? row.community_code, show: (row) => row.community ?? row.community_code ?? "" },
        { key: "value", label: words.value, numeric: true, of: (row) => row.value, show: (row) => gridmap.figure(words, row.value, unit) },
        { key: "shortfall", label: words.shortfall, numeric: true, of: (row) => row.shortfall, show: (row) => (row.shortfall === null ? "" : gridmap.figure(words, row.shortfall)) },
        { key: "status", label: words.status, of: (row) => row.status, show: (row) => this.statusAndQuality(row) },
      ];
      return { rows, columns: columns.filter((one) => one.key !== "community" || communities.size > 1) };
    }

    gapTable() {
      const { words } = this.view;
      const rows = this.told.gaps.map(({ properties }) => {
        const cell = this.told.cells[this.places.get(properties.cell_id)]?.properties ?? {};
        return { ...properties, cell: cell.name ?? properties.cell_id, what: this.nameOf(properties.measure),
          text: [properties.cell_id, cell.name, cell.community, this.nameOf(properties.measure), properties.window].join(" ").toLowerCase() };
      });
      return { rows, columns: [
        { key: "rank", label: words.rank, numeric: true, of: (row) => row.rank, show: (row) => String(row.rank) },
        { key: "what", label: words.what, of: (row) => row.what, show: (row) => [row.what, row.window].filter(Boolean).join(" · ") },
        { key: "cell", label: words.cell, of: (row) => row.cell, show: (row) => this.opener(row, row.cell) },
        { key: "people", label: words.people, numeric: true, of: (row) => row.people ?? null, show: (row) => (row.people === undefined ? "" : gridmap.figure(words, Math.round(row.people))) },
        { key: "shortfall", label: words.shortfall, numeric: true, of: (row) => row.shortfall ?? null, show: (row) => (row.shortfall === undefined ? "" : gridmap.figure(words, row.shortfall, row.unit)) },
        { key: "status", label: words.status, of: (row) => row.status, show: (row) => gridmap.statusBadge(words, row.status) },
      ] };
    }

    statusAndQuality(row) {
      const { words } = this.view;
      const doubtful = row.quality && row.quality !== "good";
      return [gridmap.statusBadge(words, row.status), doubtful ? make("small", "offline-quality", words[row.quality]) : ""];
    }

    /** Button in a row: opens the cell from the keyboard. */
    opener(row, text) {
      const button = make("button", "offline-opener", text, { type: "button" });
      button.addEventListener("click", () => {
        this.select(row.cell_id, { push: true, move: true, focus: true });
        this.comeIntoSight();
      });
      return button;
    }
  }

  /** View of the facts in one language, as the shared scripts read it. */
  function viewFor(told, language) {
    const words = told.languages[language];
    const listed = ORDER.filter((name) => !GROUND.includes(name) && (told.layers[name] || name === "cells" || (name === "gaps" && told.gaps.length)));
    const named = (name) => ({ name, label: words[name] ?? name, shown: told.shown.includes(name) });
    const ground = GROUND.some((name) => told.layers[name]) ? [{ name: "base", label: words.base, shown: true }] : [];
    return {
      bounds: told.bounds, words, classes: [], title: "", note: "", unit: "", colourBy: "status",
      synthetic: told.synthetic.en.length > 0, attribution: told.attribution, layers: [...ground, ...listed.map(named)],
    };
  }

  /** First language of the browser that the page speaks; the first of the page where there is none. */
  function readersLanguage() {
    for (const one of navigator.languages) {
      if (/^zh\b.*(hant|tw|hk|mo)/i.test(one)) return "zh_Hant";
      if (/^zh\b/i.test(one)) return "zh_Hans";
      if (/^en\b/i.test(one)) return "en";
    }
    return "zh_Hans";
  }

  gridmap.startOffline = (map) => {
    const told = JSON.parse(document.getElementById(`${map.getContainer().id}_view`).textContent);
    return new OfflineMap(map, told, told.language ?? readersLanguage());
  };
})();

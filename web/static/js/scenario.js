// A scenario on its page: drag a site or use the forms, and figures, tables and maps follow.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const byId = (id) => document.getElementById(id);
  const STEP_M = 50;
  const METRES_PER_DEGREE = 111_320;
  const round = (degrees) => Number(degrees.toFixed(7));
  const placeOf = ({ lat, lng }) => ({ lon: round(lng), lat: round(lat) });

  class Scenario {
    constructor(map, told, face) {
      this.told = told;
      this.wire = new gridmap.ScenarioWire(told);
      this.maps = new gridmap.ScenarioMaps(map, face, told, {
        choose: (id) => this.choose(id),
        drag: (id, at) => this.trySoon({ op: "move", site_id: id, ...placeOf(at) }),
        drop: (id, at) => this.keep({ op: "move", site_id: id, ...placeOf(at) }, performance.now()),
        place: (at) => this.place(at),
      });
      this.shown = 0;
      this.listen();
      this.show({ told: told.told, said: told.said }, null, { quiet: true });
      this.choose(document.querySelector("[data-sites]")?.value, { quiet: true });
      const site = new URLSearchParams(location.hash.slice(1)).get("site");
      if (site) this.choose(site);
      this.sendWaiting();
      document.documentElement.dataset.scenario = "ready";
    }

    say(text, isError = false) {
      const line = byId("scenario-status");
      line.textContent = text;
      line.classList.toggle("error", isError);
    }

    /** While a hand moves: one question at a time, the last place wins. */
    trySoon(change) {
      this.next = { change, since: performance.now() };
      if (!this.flying) this.tryNext();
    }

    async tryNext() {
      this.flying = true;
      while (this.next) {
        const { change, since } = this.next;
        this.next = null;
        try {
          const answer = await this.wire.tryOut(change);
          if (!this.keeping) this.show(answer, since, { text: this.told.words.trying });
        } catch (fault) {
          if (fault.status && !this.keeping) this.say(`${this.told.words.refused} ${fault.message}`, true);
        }
      }
      this.flying = false;
    }

    /** Keep a change; if it is refused everything is again as it was. */
    async keep(change, since = performance.now()) {
      if (!this.told.own) { this.say(this.told.words.read_only, true); return; }
      this.next = null;
      // Changes are kept one after the other: each names the revision the one before made.
      const turn = (this.turn ?? Promise.resolve()).then(() => this.keepNow(change, since));
      this.turn = turn;
      await turn;
    }

    async keepNow(change, since) {
      this.keeping = true;
      this.say(this.told.words.working);
      try {
        const answer = await this.wire.keep(change);
        const words = { undo: this.told.words.undone, redo: this.told.words.redone };
        this.show(answer, since, { text: words[change] ?? this.told.words.saved });
      } catch (fault) {
        this.putBack();
        if (fault.status) this.say(`${this.told.words.refused} ${fault.message}`, true);
        else this.offerAgain(change);
      } finally {
        this.keeping = false;
      }
    }

    /** The server was never reached: the change waits here, and a button sends it. */
    offerAgain(change) {
      this.say(this.told.words.failed, true);
      const again = gridmap.make("button", "plain", this.told.words.again, { type: "button" });
      again.addEventListener("click", () => this.keep(change));
      byId("scenario-status").append(" ", again);
    }

    sendWaiting() {
      const { waiting } = this.wire;
      if (!waiting || !this.told.own) return;
      if (waiting.revision !== this.wire.revision) { this.wire.waiting = null; return; }
      this.say(this.told.words.restored);
      this.keep(waiting.change);
    }

    putBack() {
      if (this.kept) this.show(this.kept, null, { quiet: true });
    }

    show(answer, since, { text = "", quiet = false } = {}) {
      const { told, said } = answer;
      if (told.revision === this.wire.revision && text !== this.told.words.trying) this.kept = answer;
      this.maps.drawSites(told.marks);
      this.maps.colour(told.values);
      for (const one of document.querySelectorAll("[data-fact]")) one.textContent = said.facts[one.dataset.fact] ?? "";
      byId("scenario-notes").replaceChildren(...said.notes.map((note) => gridmap.make("li", "", note)));
      byId("scenario-changes").replaceChildren(...said.changes.map((one) => gridmap.make("li", "", one)));
      for (const table of document.querySelectorAll("table[data-rows]")) this.writeRows(table, said.rows[table.dataset.rows], told.cells);
      for (const field of document.querySelectorAll("[data-revision]")) field.value = this.wire.revision;
      for (const button of document.querySelectorAll("[data-do]")) button.disabled = !told[button.dataset.do];
      if (!quiet) this.say(text);
      this.addSites(told.marks);
      if (this.maps.chosen && !this.maps.dragged) this.fillPlace(this.maps.now.get(this.maps.chosen) ?? { lon: "", lat: "" });
      if (since === null) return;
      this.shown += 1;
      requestAnimationFrame(() => setTimeout(() => {
        performance.measure("gridmap:scenario", { start: since, end: performance.now() });
        document.documentElement.dataset.scenarioShown = String(this.shown);
      }));
    }

    writeRows(table, rows, cells) {
      const heads = [...table.tHead.rows[0].cells].map((one) => one.textContent);
      const made = rows.map((row, at) => gridmap.make("tr", "", row.map((text, column) => (column === 0
        ? gridmap.make("th", "", text, { scope: "row" })
        : gridmap.make("td", column > 1 ? "num" : "", text, { "data-label": heads[column] }))),
      table.dataset.rows === "cells" ? { "data-cell-id": cells[at].cell_id } : {}));
      const none = gridmap.make("tr", "", gridmap.make("td", "empty", table.dataset.empty, { colspan: heads.length }));
      table.tBodies[0].replaceChildren(...(made.length ? made : [none]));
    }

    /** Sites that the scenario added can be chosen in the forms too. */
    addSites(marks) {
      for (const field of document.querySelectorAll("[data-sites]")) {
        const known = new Set([...field.options].map((one) => one.value));
        for (const one of marks) if (!known.has(one.site_id)) field.append(new Option(one.name || one.site_id, one.site_id));
      }
    }

    choose(id, { quiet = false } = {}) {
      const site = this.maps.now?.get(id);
      if (!site) return;
      this.maps.choose(id);
      if (!quiet) gridmap.writePlace({ site: id });
      for (const field of document.querySelectorAll("[data-sites]")) field.value = id;
      this.fillPlace(site);
    }

    fillPlace(site) {
      const form = document.querySelector("[data-sites]")?.form;
      if (!form) return;
      form.elements.capacity.value = site.capacity ?? "";
      form.elements.lon.value = site.lon;
      form.elements.lat.value = site.lat;
    }

    /** A click on the map while the place of a new site is chosen. */
    place(latlng) {
      if (!this.picking) return;
      const { lon, lat } = placeOf(latlng);
      this.picking.elements.lon.value = lon;
      this.picking.elements.lat.value = lat;
      const form = this.picking;
      this.pick(null);
      form.requestSubmit();
    }

    pick(form) {
      this.picking = form;
      this.maps.map.getContainer().classList.toggle("scenario-picking", Boolean(form));
      this.say(form ? this.told.words.choose : "");
      if (form) this.maps.map.getContainer().scrollIntoView({ block: "nearest" });
    }

    step(east, north) {
      const id = document.querySelector("[data-sites]").value;
      const site = this.maps.now.get(id);
      if (!site) return;
      const lat = site.lat + (STEP_M * north) / METRES_PER_DEGREE;
      const lon = site.lon + (STEP_M * east) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
      this.choose(id);
      this.keep({ op: "move", site_id: id, lon: round(lon), lat: round(lat) });
    }

    submit(form, submitter) {
      const fields = Object.fromEntries(new FormData(form, submitter));
      if (["undo", "redo"].includes(fields.op)) { this.keep(fields.op); return; }
      const { csrf_token: _token, revision: _revision, kind: _kind, ...change } = fields;
      if (change.op === "add") change.site_id = `new-${Array.from(crypto.getRandomValues(new Uint8Array(4)), (one) => one.toString(16).padStart(2, "0")).join("")}`;
      this.keep(change);
    }

    listen() {
      for (const form of document.querySelectorAll("form[data-change]")) {
        form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(form, event.submitter); });
        form.querySelector("[data-sites]")?.addEventListener("change", ({ target }) => this.choose(target.value));
        form.querySelector("[data-pick]")?.addEventListener("click", () => this.pick(this.picking ? null : form));
      }
      for (const button of document.querySelectorAll("[data-step]")) {
        const [east, north] = button.dataset.step.split(" ").map(Number);
        button.addEventListener("click", () => this.step(east, north));
      }
      document.addEventListener("keydown", (event) => {
        const typing = event.target.closest?.("input, select, textarea");
        if (event.key === "Escape" && this.picking) this.pick(null);
        if (typing || !(event.ctrlKey || event.metaKey)) return;
        const asked = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[event.key.toLowerCase()];
        if (!asked || document.querySelector(`[data-do="${asked}"]`)?.disabled !== false) return;
        event.preventDefault();
        this.keep(asked);
      });
      window.addEventListener("beforeunload", (event) => { if (this.keeping) event.preventDefault(); });
    }
  }

  gridmap.whenDrawn("scenario-wire", (map, told, face) => { gridmap.scenario = new Scenario(map, told, face); });
})();

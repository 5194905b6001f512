// The editor around the map: chosen cells, figures, problems, buttons, keys and the address.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const byId = (id) => document.getElementById(id);
  const { spaced } = gridmap;

  class DraftEditor {
    constructor(map, told) {
      this.map = map;
      this.words = told.words;
      this.wire = new gridmap.DraftWire(told);
      this.chosen = (new URLSearchParams(location.hash.slice(1)).get("chosen") ?? "").split(" ").filter(Boolean);
      this.layers = new gridmap.DraftLayers(map, told.words, {
        choose: (cell, more) => this.choose(cell, more),
        move: (operation) => this.send(operation),
        say: (text) => this.say(text),
      });
      this.listen();
      this.refresh();
    }

    say(text, isError = false) {
      const line = byId("draft-status");
      line.textContent = text;
      line.classList.toggle("error", isError);
    }

    async refresh() {
      try {
        this.show(await this.wire.read(this.map));
        document.documentElement.dataset.draft = "ready";
      } catch (error) {
        this.say(error.status ? error.message : this.words.failed, true);
      }
    }

    /** Send one operation; what is refused leaves the draft, and the map, as they were. */
    async send(operation) {
      if (this.wire.busy) return;
      this.wire.busy = true;
      const community = this.wire.community;
      this.say(this.words.saving);
      try {
        const told = await this.wire.send(this.map, operation);
        if (told.community !== community) { this.turnTo(told.community); return; }
        this.keepChosen(told);
        this.show(told);
        this.say({ undo: this.words.undone, redo: this.words.redone }[operation] ?? this.words.saved);
      } catch (error) {
        if (this.told) this.show(this.told);
        this.say(error.status ? error.message : this.words.failed, true);
      } finally {
        this.wire.busy = false;
      }
    }

    /** The last edit was in another community: go and look at it. */
    turnTo(community) {
      location.assign(`${this.wire.page}?${new URLSearchParams({ community })}`);
    }

    keepChosen(told) {
      const there = new Set(told.cells.features.map((one) => one.properties.cell_id));
      this.chosen = this.chosen.filter((cell) => there.has(cell));
    }

    show(told) {
      this.told = told;
      this.layers.draw(told, this.chosen);
      this.showChosen();
      this.showProblems();
      this.showBalance();
      this.showCells();
      this.showState();
    }

    showState() {
      for (const field of document.querySelectorAll("[data-revision]")) field.value = this.told.revision;
      for (const [name, count] of [["undo", this.told.undo], ["redo", this.told.redo]]) {
        document.querySelector(`#draft-tools [data-do="${name}"]`).disabled = !count;
        for (const button of document.querySelectorAll(`#keyboard [value="${name}"]`)) button.disabled = !count;
      }
      const [before, after] = this.told.count_text.split(String(this.told.undo));
      byId("draft-count").replaceChildren(before, gridmap.make("strong", "", String(this.told.undo)), after ?? "");
    }

    showChosen() {
      const facts = this.told.cells.features.map((one) => one.properties).filter((one) => this.chosen.includes(one.cell_id));
      const parts = facts.map((one) => this.factsOf(one));
      if (facts.length < 2) parts.push(gridmap.make("p", "small", facts.length ? this.words.pick_more : this.words.pick));
      byId("draft-chosen").replaceChildren(...parts);
    }

    factsOf(one) {
      const rows = [
        [this.words.households, `${one.households === null ? "–" : spaced(one.households)} · ${this.words[one.band]}`],
        [this.words.area, `${spaced(one.area_m2)} m²`],
        [this.words.compactness, one.compactness.toFixed(2)],
      ];
      const list = gridmap.make("dl", "draft-facts", rows.flatMap(([label, value]) => [gridmap.make("dt", "", label), gridmap.make("dd", "", value)]));
      const title = gridmap.make("h3", "", one.name === one.cell_id ? one.name : `${one.name} (${one.cell_id})`);
      const changed = one.changed ? gridmap.make("p", "small", this.words.changed) : null;
      return gridmap.make("div", "", [title, list, changed].filter(Boolean), { "data-chosen": one.cell_id });
    }

    showProblems() {
      const rows = this.told.problems.map((one) => gridmap.make("li", "", [gridmap.make("strong", "", one.name), ` ${one.text}`], { "data-cell": one.cell_id }));
      byId("draft-problems").replaceChildren(...(rows.length ? rows : [gridmap.make("li", "small", this.words.no_problems)]));
    }

    showBalance() {
      const rows = byId("draft-balance").tBodies[0].rows;
      this.told.balance.forEach((one, place) => {
        rows[place].cells[1].textContent = one.before;
        rows[place].cells[2].textContent = one.after;
      });
    }

    /** The table follows the draft: rows of cells that are there, in the order they had. */
    showCells() {
      const body = byId("draft-cells").tBodies[0];
      const rows = new Map([...body.rows].map((row) => [row.dataset.cell, row]));
      if (!this.wire.windowed) {
        const there = new Set(this.told.cells.features.map((one) => one.properties.cell_id));
        for (const [cell, row] of rows) if (!there.has(cell)) row.remove();
      }
      for (const { properties: one } of this.told.cells.features) {
        const row = rows.get(one.cell_id) ?? body.appendChild(this.emptyRow(one));
        const [, homes, band, area, shape] = row.cells;
        homes.textContent = one.households === null ? "–" : spaced(one.households);
        band.textContent = this.words[one.band];
        area.textContent = `${spaced(one.area_m2)}\u202fm²`;
        shape.textContent = one.compactness.toFixed(2);
      }
    }

    emptyRow(one) {
      const link = gridmap.make("a", "", one.name, { href: `#chosen=${encodeURIComponent(one.cell_id)}`, "data-choose": one.cell_id });
      return gridmap.make("tr", "", [
        gridmap.make("th", "", [link], { scope: "row" }), gridmap.make("td", "num"), gridmap.make("td", ""), gridmap.make("td", "num"), gridmap.make("td", "num"),
      ], { "data-cell": one.cell_id });
    }

    choose(cell, more = false) {
      if (!more) this.chosen = [cell];
      else this.chosen = this.chosen.includes(cell) ? this.chosen.filter((one) => one !== cell) : [...this.chosen, cell];
      gridmap.writePlace({ chosen: this.chosen.join(" ") || null }, true);
      this.show(this.told);
    }

    merge() {
      if (this.chosen.length < 2) { this.say(this.words.merge_two, true); return; }
      this.send({ op: "merge", cells: this.chosen });
    }

    async split() {
      if (this.chosen.length !== 1) { this.say(this.words.split_one, true); return; }
      const [cell] = this.chosen;
      const button = document.querySelector('[data-do="split"]');
      button.setAttribute("aria-pressed", "true");
      this.say(this.words.draw_line);
      const line = await this.layers.drawLine();
      button.removeAttribute("aria-pressed");
      if (line && line.length > 1) this.send({ op: "split", cell, line });
      else { this.say(""); this.show(this.told); }
    }

    act(name) {
      if (name === "merge") this.merge();
      else if (name === "split") this.split();
      else if (!document.querySelector(`#draft-tools [data-do="${name}"]`).disabled) this.send(name);
    }

    listen() {
      byId("draft-tools").addEventListener("click", (event) => {
        const name = event.target.closest("[data-do]")?.dataset.do;
        if (name) this.act(name);
      });
      document.addEventListener("keydown", (event) => this.onKey(event));
      byId("draft-cells").addEventListener("click", (event) => {
        const link = event.target.closest("[data-choose]");
        if (!link) return;
        event.preventDefault();
        this.choose(link.dataset.choose, event.shiftKey);
      });
      window.addEventListener("popstate", () => {
        this.chosen = (new URLSearchParams(location.hash.slice(1)).get("chosen") ?? "").split(" ").filter(Boolean);
        if (this.told) this.show(this.told);
      });
      if (this.wire.windowed) this.map.on("moveend", () => this.refresh());
    }

    onKey(event) {
      if (event.target.closest("input, select, textarea, [contenteditable]")) return;
      const key = event.key.toLowerCase();
      const control = event.ctrlKey || event.metaKey;
      const wanted = control
        ? { z: event.shiftKey ? "redo" : "undo", y: "redo" }[key]
        : event.altKey ? null : { m: "merge", s: "split" }[key];
      if (wanted) { event.preventDefault(); this.act(wanted); return; }
      if (key === "escape") this.layers.stopLine();
      const link = control || event.altKey ? null : { d: "difference", p: "publish" }[key];
      if (link) document.querySelector(`[data-go="${link}"]`).click();
    }
  }

  gridmap.whenDrawn("draft-wire", (map, told) => { gridmap.draft = new DraftEditor(map, told); });
})();

// A camera is tried out: every change is asked of the server, the last answer wins, nothing is stored.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const NUMBERS = ["heading_deg", "hfov_deg", "tilt_deg", "mount_height_m", "focal_mm", "sensor_width_mm", "pixels_wide", "range_m"];
  const PLACE = ["lon", "lat"];
  const NAMES = [...NUMBERS, "kind", "model", ...PLACE];
  const OPTICS = ["focal_mm", "sensor_width_mm", "pixels_wide"];
  const WAIT_MS = 20;
  const SAME_STEP_MS = 900;
  const METRES_PER_DEGREE = 111_320;
  const byId = (id) => document.getElementById(id);

  class CameraTrial {
    constructor(map, told) {
      this.told = told;
      this.form = byId("camera-trial");
      this.state = { ...told.fields };
      this.steps = [];
      this.shown = 0;
      this.sight = new gridmap.CameraSight(map, told.words, {
        turn: (heading, done) => this.change({ heading_deg: heading }, { done, from: "handle" }),
        move: ([lon, lat], done) => this.change({ lon, lat }, { done, from: "camera" }),
        step: (east, north) => this.step(east, north),
      });
      this.listen();
      this.fill();
      this.sight.pose([this.state.lon, this.state.lat], told.look.pose.heading_deg);
      this.sight.draw(told.look);
      this.readAddress();
      document.documentElement.dataset.camera = "ready";
    }

    /** What differs from the camera as it is stored; a place is told whole. */
    changed() {
      const differs = (name) => this.state[name] !== this.told.fields[name];
      const moved = PLACE.some(differs);
      const told = NAMES.filter((name) => differs(name) || (moved && PLACE.includes(name)));
      return Object.fromEntries(told.map((name) => [name, this.state[name]]));
    }

    /** Take new values; steps of one hand on one thing are undone together. */
    change(values, { from = "", quiet = false } = {}) {
      const now = performance.now();
      const same = this.last && this.last.from === from && now - this.last.at < SAME_STEP_MS;
      if (!quiet && !same) this.steps.push({ ...this.state });
      this.last = { from, at: now };
      Object.assign(this.state, values);
      this.fill();
      if (from !== "handle" && from !== "camera") this.sight.pose([this.state.lon, this.state.lat], this.state.heading_deg);
      this.writeAddress();
      this.askSoon(now);
    }

    step(east, north) {
      const lat = this.state.lat + north / METRES_PER_DEGREE;
      const lon = this.state.lon + east / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
      this.change({ lon, lat }, { from: "step" });
    }

    undo() {
      const before = this.steps.pop();
      this.last = null;
      if (before) this.change(before, { quiet: true, from: "undo" });
      this.last = null;
    }

    reset() {
      this.change({ ...this.told.fields }, { from: "reset" });
      this.last = null;
    }

    /** One question at a time: what changes meanwhile is asked as soon as the answer is there. */
    askSoon(since) {
      this.since ??= since;
      this.waits = true;
      if (!this.flying) this.waiting ??= setTimeout(() => this.ask(), WAIT_MS);
    }

    async ask() {
      this.flying = true;
      this.waiting = null;
      while (this.waits) {
        this.waits = false;
        const since = this.since;
        this.since = null;
        await this.askOnce(since);
      }
      this.flying = false;
    }

    async askOnce(since) {
      this.say(this.told.words.working);
      try {
        const answer = await fetch(this.told.trial, {
          method: "POST", credentials: "same-origin",
          headers: {
            Accept: "application/json", "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
          },
          body: JSON.stringify({ camera_id: this.told.camera_id, edition: this.told.edition, level: this.told.level, ...this.changed() }),
        });
        const told = await answer.json();
        if (answer.ok) this.show(told, since);
        else this.say(`${this.told.words.refused} ${told.error ?? ""}`, true);
      } catch {
        this.say(this.told.words.failed, true);
      }
    }

    show({ look, said }, since) {
      this.shown += 1;
      this.sight.draw(look);
      this.write(said);
      const untouched = !Object.keys(this.changed()).length;
      this.say(untouched ? this.told.words.stored : `${this.told.words.changed} · ${said.facts.heading} · ${said.facts.area}`);
      requestAnimationFrame(() => setTimeout(() => {
        performance.measure("gridmap:turn", { start: since, end: performance.now() });
        document.documentElement.dataset.cameraShown = String(this.shown);
      }));
    }

    /** Figures and tables, as text. */
    write(said) {
      for (const one of document.querySelectorAll("[data-fact]")) {
        if (one.dataset.fact in said.facts) one.textContent = said.facts[one.dataset.fact];
      }
      byId("camera-notes").replaceChildren(...said.notes.map((text) => gridmap.make("li", "", text)));
      for (const table of document.querySelectorAll("table[data-rows]")) this.writeRows(table, said.rows[table.dataset.rows] ?? []);
    }

    writeRows(table, rows) {
      const labels = [...table.tHead.rows[0].cells].map((one) => one.textContent);
      table.tBodies[0].replaceChildren(...rows.map(([first, ...others]) => gridmap.make("tr", "", [
        gridmap.make("th", "", String(first), { scope: "row" }),
        ...others.map((text, at) => gridmap.make("td", "num", String(text), { "data-label": labels[at + 1] ?? "" })),
      ])));
    }

    say(text, isError = false) {
      const line = byId("camera-status");
      line.textContent = text;
      line.classList.toggle("error", isError);
    }

    /** Show the state in the fields; the one that is being typed in is left alone. */
    fill() {
      for (const field of this.form.querySelectorAll("[name]")) {
        if (!NAMES.includes(field.name) || field === document.activeElement && field.type !== "range") continue;
        field.value = this.state[field.name] ?? "";
      }
      const heading = this.state.heading_deg;
      byId("camera-turn").value = heading ?? 0;
      byId("camera-undo").disabled = !this.steps.length;
      byId("camera-reset").disabled = !Object.keys(this.changed()).length;
    }

    take(field) {
      const { name } = field;
      if (!NAMES.includes(name)) return;
      const text = field.value.trim();
      if (name === "model") {
        const model = this.told.models[text];
        const optics = model ? Object.fromEntries(OPTICS.map((one) => [one, model[one]])) : {};
        this.change({ model: text || null, ...optics, ...(model ? { hfov_deg: null } : {}) }, { from: name });
      } else if (name === "kind") this.change({ kind: text || null }, { from: name });
      else if (field.validity.badInput) return;
      else this.change({ [name]: text === "" ? null : Number(text) }, { from: name });
    }

    listen() {
      this.form.addEventListener("input", ({ target }) => {
        if (target.id === "camera-turn") this.change({ heading_deg: Number(target.value) }, { from: "slider" });
        else if (target.name) this.take(target);
      });
      this.form.addEventListener("submit", (event) => {
        if (event.submitter?.value !== "export") event.preventDefault();
        else this.fillHidden();
      });
      byId("camera-undo").addEventListener("click", () => this.undo());
      byId("camera-reset").addEventListener("click", () => this.reset());
      for (const button of this.form.querySelectorAll("[data-step]")) {
        const [east, north] = button.dataset.step.split(" ").map(Number);
        button.addEventListener("click", () => this.step(east, north));
      }
      document.addEventListener("keydown", (event) => {
        const typing = event.target.closest("input:not([type=range]), select, textarea");
        if (!typing && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); this.undo(); }
      });
    }

    /** The place is in no visible field. */
    fillHidden() {
      for (const name of ["lon", "lat"]) this.form.elements[name].value = this.state[name];
    }

    writeAddress() {
      const parts = Object.entries(this.changed()).map(([name, value]) => `${name}~${value ?? ""}`);
      gridmap.writePlace({ trial: parts.join("!") || null });
    }

    readAddress() {
      const text = new URLSearchParams(location.hash.slice(1)).get("trial");
      if (!text) return;
      const values = {};
      for (const part of text.split("!")) {
        const [name, value = ""] = part.split("~");
        if (!NAMES.includes(name)) continue;
        const number = Number(value);
        if (["kind", "model"].includes(name)) values[name] = value || null;
        else if (value === "") values[name] = null;
        else if (Number.isFinite(number)) values[name] = number;
      }
      if (Number.isFinite(values.lon) !== Number.isFinite(values.lat)) { delete values.lon; delete values.lat; }
      this.change(values, { from: "address" });
      this.last = null;
    }
  }

  gridmap.whenDrawn("camera-wire", (map, told) => { gridmap.cameraTrial = new CameraTrial(map, told); });
})();

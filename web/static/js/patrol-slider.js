// Patrol over time: a slider over windows. The next window is fetched before it is asked for, and drawn
// over the one before until it is whole, so that nothing flickers.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const PLAY_MS = 1200;
  const SETTLE_MS = 350;
  const root = document.documentElement;

  class Slider {
    constructor(map, told, face) {
      Object.assign(this, { map, told, face, timer: null, settle: null, coming: null });
      this.bar = document.getElementById("patrol-time");
      this.slide = this.bar.querySelector("input[type=range]");
      this.play = this.bar.querySelector("[data-play]");
      for (const one of this.bar.querySelectorAll("[hidden]")) one.hidden = false;
      this.place = told.place ?? told.moments.length - 1;
      this.layer = face.layers.cells;
      this.slide.addEventListener("input", () => this.go(Number(this.slide.value)));
      this.slide.addEventListener("keydown", (event) => {
        if (event.key === " ") { event.preventDefault(); this.toggle(); }
      });
      this.play.addEventListener("click", () => this.toggle());
      for (const one of this.bar.querySelectorAll("[data-step]")) {
        one.addEventListener("click", () => this.go(this.place + Number(one.dataset.step)));
      }
      document.addEventListener("visibilitychange", () => { if (document.hidden) this.stop(); });
      addEventListener("popstate", () => location.reload());
      this.layer.once("load", () => this.fetchAhead());
      root.dataset.patrol = "ready";
    }

    addressOf(moment) { return `${this.told.tiles}?window=${moment.asked}`; }

    go(place) {
      const last = this.told.moments.length - 1;
      const next = Math.max(0, Math.min(last, place));
      if (next === this.place && this.told.place !== null) { this.stop(); return; }
      this.place = next;
      this.told.place = next;
      const moment = this.told.moments[next];
      this.slide.value = String(next);
      this.slide.setAttribute("aria-valuetext", `${moment.name}, ${moment.rate}`);
      document.getElementById("patrol-moment").textContent = `${moment.name} · ${moment.rate}`;
      this.face.view.title = moment.name;
      this.face.legend.draw();
      this.draw(moment);
      clearTimeout(this.settle);
      this.settle = setTimeout(() => this.tell(moment), SETTLE_MS);
    }

    /** The new window over the old one; the old one goes once the new one is there. */
    draw(moment) {
      const name = this.map.getContainer().id;
      this.coming?.remove();
      const before = this.layer;
      const next = L.vectorGrid.protobuf(this.addressOf(moment), gridmap.layerOptions(name, "cells"));
      this.coming = next;
      const begun = performance.now();
      next.once("load", () => {
        if (this.coming !== next) return;
        this.coming = null;
        before.remove();
        this.layer = next;
        this.face.layers.cells = next;
        if (this.face.selected) this.face.restyle(this.face.selected);
        root.dataset.patrolShown = moment.window;
        root.dataset.patrolMs = String(Math.round(performance.now() - begun));
        this.fetchAhead();
      });
      next.addTo(this.map);
    }

    /** Ask for the tiles of the next window, which the browser then keeps. */
    fetchAhead() {
      const moment = this.told.moments[this.place + 1];
      if (!moment) return;
      for (const { coords } of Object.values(this.layer._tiles ?? {})) {
        const place = { x: coords.x, y: coords.y, z: coords.z - 1 };
        fetch(L.Util.template(this.addressOf(moment), place), { credentials: "same-origin" }).catch(() => {});
      }
    }

    /** Sentence, figures and table of the window, and its address. */
    async tell(moment) {
      const address = new URL(location.href);
      address.searchParams.set("window", moment.window);
      address.searchParams.delete("page");
      history.replaceState(history.state, "", address);
      try {
        const answer = await fetch(address, { credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (moment !== this.told.moments[this.place]) return;
        for (const part of ["#twin", "#moment-said", ".answer .terms"]) {
          const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
          if (old && fresh) old.replaceChildren(...fresh.childNodes);
        }
        this.bar.querySelector("select").value = moment.window;
        root.dataset.patrolTold = moment.window;
      } catch {
        location.assign(address);
      }
    }

    toggle() {
      if (this.timer) { this.stop(); return; }
      if (this.place >= this.told.moments.length - 1) this.go(0);
      this.timer = setInterval(() => {
        if (this.place >= this.told.moments.length - 1) this.stop();
        else if (!this.coming) this.go(this.place + 1);
      }, PLAY_MS);
      this.play.setAttribute("aria-pressed", "true");
      this.play.textContent = this.play.dataset.stopText;
    }

    stop() {
      clearInterval(this.timer);
      this.timer = null;
      this.play.setAttribute("aria-pressed", "false");
      this.play.textContent = this.play.dataset.playText;
    }
  }

  gridmap.whenDrawn("patrol-wire", (map, told, face) => {
    if (told.moments.length) gridmap.slider = new Slider(map, told, face);
  });
})();

// Changes of a scenario on their way to the server: what was not kept yet stays on this device.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  class Refused extends Error {
    constructor(text, status) { super(text); this.status = status; }
  }

  gridmap.ScenarioWire = class {
    constructor(told) {
      this.told = told;
      this.revision = told.told.revision;
    }

    /** What was sent and never answered, from this page or the one before. */
    get waiting() {
      try { return JSON.parse(localStorage.getItem(this.told.key) ?? "null"); } catch { return null; }
    }

    set waiting(change) {
      try {
        if (change === null) localStorage.removeItem(this.told.key);
        else localStorage.setItem(this.told.key, JSON.stringify(change));
      } catch {
        // A browser without storage keeps it on the page alone.
      }
    }

    async ask(address, change) {
      const answer = await fetch(address, {
        method: "POST", credentials: "same-origin",
        headers: {
          Accept: "application/json", "Content-Type": "application/json",
          "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
        },
        body: JSON.stringify({ change, type: this.told.type, revision: this.revision }),
      });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Refused(told.error ?? String(answer.status), answer.status);
      return told;
    }

    tryOut(change) { return this.ask(this.told.try, change); }

    /** Keep a change; one that cannot reach the server waits on this device. */
    async keep(change) {
      this.waiting = { change, revision: this.revision };
      try {
        const answer = await this.ask(this.told.keep, change);
        this.revision = answer.told.revision;
        this.waiting = null;
        return answer;
      } catch (fault) {
        // What the server refused is told and given up; what it never saw is kept.
        if (fault.status && fault.status < 500) this.waiting = null;
        throw fault;
      }
    }
  };
})();

// What a draft's page knows, and the only place that talks to the server about it.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  gridmap.DraftWire = class {
    constructor(told) {
      Object.assign(this, told);
      this.busy = false;
    }

    /** Part of the map that is in view; only asked for where a community is too large to send whole. */
    windowOf(map) {
      return this.windowed ? gridmap.windowOf(map, 0.2) : "";
    }

    async read(map) {
      const asked = new URLSearchParams({ community: this.community, window: this.windowOf(map) });
      return this.take(await fetch(`${this.ground}?${asked}`, { headers: { Accept: "application/json" }, credentials: "same-origin" }));
    }

    /** Do an operation; one at a time, each on the revision that was seen. */
    async send(map, operation) {
      const body = { revision: this.revision, community: this.community, operation, window: this.windowOf(map) };
      return this.take(await fetch(this.operations, {
        method: "POST",
        credentials: "same-origin",
        headers: {
          Accept: "application/json",
          "Content-Type": "application/json",
          "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
        },
        body: JSON.stringify(body),
      }));
    }

    async take(answer) {
      const told = await answer.json();
      if (!answer.ok) throw Object.assign(new Error([told.error, told.detail].filter(Boolean).join(" ")), { status: answer.status, told });
      this.revision = told.revision;
      this.community = told.community;
      return told;
    }
  };
})();

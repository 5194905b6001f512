// The details of a cell, a site or a gap: every text goes in as text, never as markup.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  /** Element with a class, children and attributes; strings become text nodes. */
  gridmap.make = (tag, className, children = [], attributes = {}) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...[children].flat().filter((one) => one !== null && one !== undefined && one !== ""));
    return made;
  };
  const make = gridmap.make;

  /** A whole number with thin spaces between thousands. */
  gridmap.spaced = (count) => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  const MARKS = { met: "●", partly: "◐", missed: "▲", unknown: "?", not_due: "○" };
  gridmap.statusBadge = (words, status) => make("span", `map-status map-status-${status}`, [
    make("span", "map-status-mark", MARKS[status] ?? "?", { "aria-hidden": "true" }),
    ` ${words[status] ?? status}`,
  ]);

  /** A figure for a reader: shares as per cent, thin-space thousands, two decimals at most. */
  gridmap.figure = (words, value, unit) => {
    if (value === null || value === undefined || value === "") return words.no_value;
    if (typeof value !== "number") return String(value);
    const share = unit === "share";
    const shown = share ? value * 100 : value;
    const digits = share ? 1 : Math.abs(shown) >= 100 || Number.isInteger(shown) ? 0 : 2;
    const text = shown.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: share ? 1 : 0 })
      .replaceAll(",", "\u202f");
    return share ? `${text} %` : unit ? `${text} ${unit}` : text;
  };

  const fact = (label, value) => [make("dt", "", label), make("dd", "", value)];
  const isLocal = (href) => {
    const address = new URL(href, location.href);
    return address.origin === location.origin && /^https?:$/.test(address.protocol);
  };

  function measureRow(words, one) {
    const status = one.status && words[one.status] ? one.status : null;
    const numbers = [one.value ?? words.no_value];
    if (one.required) numbers.push(` / ${one.required}`);
    const doubtful = one.quality && one.quality !== "good";
    return make("li", "map-measure", [
      make("span", "map-measure-name", one.label ?? ""),
      make("span", "map-measure-figure", numbers),
      status ? gridmap.statusBadge(words, status) : null,
      doubtful ? make("small", "map-quality", words[one.quality] ?? one.quality) : null,
      one.reason ? make("small", "map-reason", one.reason) : null,
    ]);
  }

  /** Panel beside or below the map; `show` fills it, `hide` closes it and gives the focus back. */
  gridmap.Panel = class {
    constructor(map, view, onClose) {
      this.words = view.words;
      this.onClose = onClose;
      this.holder = map.getContainer();
      this.title = make("h2", "map-details-title", "", { tabindex: "-1" });
      this.body = make("div", "map-details-body");
      const close = make("button", "map-details-close", "×", { type: "button", "aria-label": view.words.close });
      close.addEventListener("click", () => this.hide());
      this.element = make("section", "map-details", [make("header", "", [this.title, close]), this.body], {
        "aria-label": view.words.details, "aria-live": "polite",
      });
      this.element.hidden = true;
      this.element.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { event.stopPropagation(); this.hide(); }
      });
      L.DomEvent.disableClickPropagation(this.element);
      L.DomEvent.disableScrollPropagation(this.element);
      this.holder.append(this.element);
    }

    show(told, { focus = false } = {}) {
      if (focus) this.before = document.activeElement;
      this.title.textContent = told.name ?? "";
      const facts = (told.facts ?? []).flatMap((one) => fact(one.label ?? "", String(one.value ?? "")));
      const parts = [];
      if (told.note) parts.push(make("p", "map-note", told.note));
      if (facts.length) parts.push(make("dl", "map-facts", facts));
      const measures = told.measures ?? [];
      if (measures.length) {
        parts.push(make("ul", "map-measures", measures.map((one) => measureRow(this.words, one))));
      }
      if (told.href && isLocal(told.href)) {
        parts.push(make("p", "", make("a", "map-sheet", this.words.open_sheet, { href: told.href })));
      }
      this.body.replaceChildren(...parts);
      this.element.hidden = false;
      this.holder.classList.add("map-has-details");
      if (focus) this.title.focus({ preventScroll: true });
    }

    hide() {
      if (this.element.hidden) return;
      this.element.hidden = true;
      this.holder.classList.remove("map-has-details");
      this.before?.focus?.({ preventScroll: true });
      this.before = null;
      this.onClose?.();
    }
  };
})();

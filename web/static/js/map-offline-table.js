// The table twin of a map that stands alone: cells or gaps, sorted, filtered, worst first.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const make = gridmap.make;
  const ROWS_FIRST = 200;
  const WORST_FIRST = ["missed", "partly", "unknown", "met", "not_due"];

  const compare = (one, other) => {
    const absent = (value) => value === null || value === undefined || value === "";
    if (absent(one) || absent(other)) return Number(absent(one)) - Number(absent(other));
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), undefined, { numeric: true });
  };

  /** Columns: {key, label, of(row), show(row), numeric}. `rows` carry cell_id. */
  gridmap.TwinTable = class {
    constructor(holder) {
      this.holder = holder;
      this.words = {};
      this.sorted = null;
      this.text = "";
      this.all = false;
    }

    fill({ words, tabs, tab, onTab, caption, columns, rows, empty }) {
      Object.assign(this, { words, columns, rows, empty, caption });
      if (this.sorted && !columns.some((one) => one.key === this.sorted.key)) this.sorted = null;
      this.tabs = make("div", "offline-tabs", tabs.map((one) => {
        const button = make("button", "", one.label, { type: "button", "aria-pressed": String(one.key === tab) });
        button.addEventListener("click", () => { this.sorted = null; this.all = false; onTab(one.key); });
        return button;
      }), { role: "group", "aria-label": words.table });
      this.draw();
    }

    filter(text) {
      this.text = text.trim().toLowerCase();
      this.draw();
    }

    found() {
      const matches = (row) => !this.text || row.text.includes(this.text);
      const kept = this.rows.filter(matches);
      const column = this.sorted && this.columns.find((one) => one.key === this.sorted.key);
      if (!column) return kept;
      const sign = this.sorted.down ? -1 : 1;
      const absentLast = (row) => (column.of(row) === null || column.of(row) === undefined || column.of(row) === "" ? 1 : 0);
      return kept.sort((a, b) => absentLast(a) - absentLast(b) || sign * compare(column.of(a), column.of(b)));
    }

    head() {
      return make("tr", "", this.columns.map((column) => {
        const now = this.sorted?.key === column.key ? (this.sorted.down ? "descending" : "ascending") : null;
        const mark = make("span", "offline-sort-mark", now === "descending" ? "▼" : now ? "▲" : "", { "aria-hidden": "true" });
        const button = make("button", "offline-sort", [column.label, mark], { type: "button" });
        button.addEventListener("click", () => {
          this.sorted = { key: column.key, down: now === "ascending" };
          this.draw(column.key);
        });
        const cell = make("th", column.numeric ? "offline-number" : "", button, { scope: "col" });
        if (now) cell.setAttribute("aria-sort", now);
        return cell;
      }));
    }

    row(row) {
      const cells = this.columns.map((column, place) => make(
        place ? "td" : "th", column.numeric ? "offline-number" : "", column.show(row, place === 0),
        place ? {} : { scope: "row" },
      ));
      return make("tr", "", cells, { "data-cell-id": row.cell_id });
    }

    draw(focused) {
      const rows = this.found();
      const shown = this.all ? rows : rows.slice(0, ROWS_FIRST);
      const count = this.words.rows_shown.replace("{shown}", gridmap.figure(this.words, shown.length))
        .replace("{total}", gridmap.figure(this.words, rows.length));
      const body = shown.length ? shown.map((one) => this.row(one))
        : make("tr", "", make("td", "offline-empty", this.rows.length ? this.words.nothing_found : this.empty, { colspan: this.columns.length }));
      const table = make("table", "", [
        make("caption", "", this.caption), make("thead", "", this.head()), make("tbody", "", body),
      ]);
      const more = shown.length < rows.length ? make("button", "offline-more", this.words.more_rows, { type: "button" }) : null;
      more?.addEventListener("click", () => { this.all = true; this.draw(); });
      const scroll = make("div", "offline-scroll", table, { tabindex: "0", role: "region", "aria-label": this.caption });
      this.holder.replaceChildren(this.tabs, scroll, make("p", "offline-count", [count, more ? " " : null, more]));
      if (focused) [...table.querySelectorAll(".offline-sort")][this.columns.findIndex((one) => one.key === focused)]?.focus();
      document.dispatchEvent(new CustomEvent("gridmap:rows"));
    }
  };

  gridmap.worstFirst = (a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status)
    || (b.shortfall ?? 0) - (a.shortfall ?? 0) || (a.value ?? Infinity) - (b.value ?? Infinity);
})();

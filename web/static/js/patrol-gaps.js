// Gaps to act on: what is chosen is counted, fields follow the action, and the list answers to keys.
"use strict";
(() => {
  const form = document.getElementById("gap-form");
  if (!form) return;
  const action = document.getElementById("gap-action");
  const count = document.getElementById("gap-count");
  const reason = form.elements.reason;
  const target = form.elements.target;
  const rows = [...form.querySelectorAll("tbody tr")];
  const tickOf = (row) => row.querySelector("input[type=checkbox]");
  const KEYS = { a: "assign", c: "accept", d: "dispute" };
  let at = -1;

  function follow() {
    const assigns = action.value === "assign";
    for (const one of form.querySelectorAll("[data-for=assign]")) one.hidden = !assigns;
    form.elements.day.closest("label").hidden = !assigns || !target.value.startsWith("shift:");
    target.required = assigns;
    reason.required = action.value === "accept" || action.value === "dispute";
  }

  function tell() {
    const chosen = rows.filter((row) => tickOf(row).checked).length;
    const { none, one, many } = count.dataset;
    count.textContent = chosen === 0 ? none : chosen === 1 ? one : many.replace("%s", String(chosen));
    form.querySelector("button:not([type])").disabled = chosen === 0;
  }

  function move(to) {
    rows[at]?.classList.remove("at");
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at].classList.add("at");
    tickOf(rows[at]).focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  }

  function choose(name) {
    if (at >= 0 && !rows.some((row) => tickOf(row).checked)) tickOf(rows[at]).checked = true;
    action.value = name;
    follow();
    tell();
    (name === "assign" ? target : reason).focus();
  }

  function onKey(event) {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") move(at + 1);
    else if (key === "k") move(at - 1);
    else if (key === "x" && at >= 0) { tickOf(rows[at]).checked = !tickOf(rows[at]).checked; tell(); }
    else if (key === "h" && at >= 0) rows[at].querySelector("a.gap-state").click();
    else if (KEYS[key]) choose(KEYS[key]);
    else return;
    event.preventDefault();
  }

  for (const one of form.querySelectorAll(".patrol-keys")) one.hidden = false;
  form.addEventListener("change", () => { follow(); tell(); });
  rows.forEach((row, place) => row.addEventListener("focusin", () => {
    rows[at]?.classList.remove("at");
    at = place;
    row.classList.add("at");
  }));
  document.addEventListener("keydown", onKey);
  follow();
  tell();
  document.documentElement.dataset.gaps = "ready";
})();

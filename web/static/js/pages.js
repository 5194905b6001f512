// Small comforts over pages that work without them: choices apply at once, search offers names,
// and links of a table swap the table alone.
"use strict";
(() => {
  // Attribute handlers and scripts in swapped parts stay off: the page's policy forbids both.
  if (window.htmx) {
    Object.assign(window.htmx.config, {
      allowEval: false, allowScriptTags: false, includeIndicatorStyles: false, selfRequestsOnly: true,
      historyCacheSize: 0, refreshOnHistoryMiss: true,
    });
  }

  for (const form of document.querySelectorAll("form[data-auto]")) {
    form.addEventListener("change", () => form.requestSubmit());
    form.dataset.keepPlace = "";
  }

  // Sorting and paging: the table comes alone, the map stays as it is.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-part]");
    const twin = link?.closest("#twin");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) && event.button === 0;
    if (!twin || !plain || !window.htmx) return;
    event.preventDefault();
    const address = link.href.split("#")[0];
    window.htmx
      .ajax("GET", address, { target: "#twin", select: "#twin", swap: "outerHTML" })
      .then(() => {
        history.pushState(null, "", address + location.hash);
        document.querySelector("#twin .scroll")?.focus({ preventScroll: true });
      });
  });
  window.addEventListener("popstate", () => {
    if (document.querySelector("#twin") && shown !== location.pathname + location.search) location.reload();
    shown = location.pathname + location.search;
  });
  let shown = location.pathname + location.search;

  const field = document.querySelector("input[data-suggest]");
  const offered = field && document.getElementById(field.getAttribute("list"));
  let waiting = 0;
  let asked = "";
  async function offer() {
    const text = field.value.trim();
    if (text.length < 1 || text === asked) return;
    asked = text;
    const address = `${field.dataset.suggest}?q=${encodeURIComponent(text)}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok || field.value.trim() !== text) return;
    const options = (await answer.json()).map((place) => {
      const option = document.createElement("option");
      option.value = place.name;
      option.label = place.id;
      return option;
    });
    offered.replaceChildren(...options);
  }
  field?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, 150);
  });

  // One menu at a time; Escape and a click elsewhere close it.
  const menus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) { menu.open = false; menu.querySelector("summary").focus(); }
  });
})();

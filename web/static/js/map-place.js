// The place of the map and the selected cell live in the address: a link opens the same picture.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});

  const read = () => new URLSearchParams(location.hash.slice(1));
  const fixed = (number, digits) => String(Number(number.toFixed(digits)));

  /** Place in the address: {zoom, centre} and {cell}, each absent where the address has none. */
  gridmap.readPlace = () => {
    const told = read();
    const parts = (told.get("map") ?? "").split("/").map(Number);
    const valid = parts.length === 3 && parts.every(Number.isFinite)
      && Math.abs(parts[1]) <= 90 && Math.abs(parts[2]) <= 180;
    return {
      view: valid ? { zoom: parts[0], centre: [parts[1], parts[2]] } : null,
      cell: told.get("cell"),
      layers: told.get("layers")?.split(" ").filter(Boolean) ?? null,
      measure: told.get("measure"),
    };
  };

  /** Write parts of the place; `push` makes a step that Back undoes. */
  gridmap.writePlace = (changes, push = false) => {
    const told = read();
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === undefined) told.delete(key);
      else told.set(key, value);
    }
    const hash = `#${told.toString().replaceAll("%2F", "/")}`;
    if (hash === location.hash) return;
    const address = `${location.pathname}${location.search}${hash}`;
    try {
      if (push) history.pushState(history.state, "", address);
      else history.replaceState(history.state, "", address);
    } catch {
      // Some browsers refuse this for a page opened from disk; the map works without it.
    }
  };

  gridmap.placeOf = (map) => {
    const centre = map.getCenter();
    return `${fixed(map.getZoom(), 2)}/${fixed(centre.lat, 5)}/${fixed(centre.lng, 5)}`;
  };

  /** West, south, east and north of what is in view and `margin` of it around, as addresses write it. */
  gridmap.windowOf = (map, margin) => {
    const box = map.getBounds().pad(margin);
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(6)).join(",");
  };

  /** Links and forms marked data-keep-place carry the place along. */
  const carry = (event) => {
    const mover = event.target.closest?.("[data-keep-place]");
    if (!mover || !location.hash) return;
    const link = mover.closest("a[href]") ?? event.target.closest("a[href]");
    if (link && !link.hash) link.hash = location.hash;
    const form = mover.closest("form");
    if (form && event.type === "submit") {
      const address = new URL(form.getAttribute("action") || location.href, location.href);
      address.hash = location.hash;
      form.action = address.href;
    }
  };
  document.addEventListener("click", carry, true);
  document.addEventListener("submit", carry, true);
})();

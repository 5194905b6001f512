// Cameras on the map of the privacy page: a sign and a shape for each verdict, not colour alone.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const SIGNS = { refused: "×", mask: "◐", unknown: "?", papers: "!", in_order: "✓" };
  const SIZE_PX = 20;

  /** Address of this page with one camera chosen. */
  const addressOf = (camera) => {
    const address = new URL(location.href);
    address.searchParams.set("camera", camera);
    return address.href;
  };

  const mark = (map, one, chosen) => {
    const sign = document.createElement("span");
    sign.textContent = SIGNS[one.verdict] ?? "?";
    const label = `${one.camera_id}: ${one.verdict_text}`;
    const made = L.marker([one.lat, one.lon], {
      title: label, alt: label, keyboard: true, zIndexOffset: chosen ? 1000 : 0,
      icon: L.divIcon({ className: `verdict-mark ${one.verdict}${chosen ? " chosen" : ""}`, html: sign, iconSize: [SIZE_PX, SIZE_PX] }),
    }).addTo(map);
    made.getElement().setAttribute("role", "link");
    made.getElement().setAttribute("aria-label", label);
    made.on("click", () => { location.href = addressOf(one.camera_id); });
    made.on("keydown", ({ originalEvent }) => { if (originalEvent.key === "Enter") location.href = addressOf(one.camera_id); });
  };

  gridmap.whenDrawn("privacy-wire", (map, { marks, chosen }) => {
    // The worst are drawn last, on top.
    for (const one of [...marks].reverse()) if (one.lat !== null) mark(map, one, one.camera_id === chosen);
  });
})();

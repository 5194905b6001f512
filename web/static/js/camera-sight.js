// What one camera sees, drawn on the map: its view by level, the camera to drag, a handle to turn.
"use strict";
(() => {
  const gridmap = (window.gridmap ??= {});
  const HANDLE_PX = 72;
  const swap = ([lon, lat]) => [lat, lon];
  const radians = (degrees) => (degrees * Math.PI) / 180;

  gridmap.CameraSight = class {
    /** `heard` has move(lonlat, done) and turn(heading, done); it is told while a hand drags. */
    constructor(map, words, heard) {
      this.map = map;
      this.heard = heard;
      this.renderer = L.svg({ padding: 0.5 });
      this.shapes = L.layerGroup().addTo(map);
      this.arm = L.polyline([], { renderer: this.renderer, className: "camera-arm", interactive: false }).addTo(map);
      this.camera = this.marker("camera-spot", words.camera, 22, 1000);
      this.handle = this.marker("camera-handle", words.handle, 24, 2000);
      this.listen();
      map.on("zoomend", () => this.placeHandle());
    }

    marker(className, label, size, above) {
      const made = L.marker([0, 0], {
        draggable: true, keyboard: true, zIndexOffset: above, title: label, autoPanOnFocus: false,
        icon: L.divIcon({ className, iconSize: [size, size] }),
      }).addTo(this.map);
      made.getElement().setAttribute("aria-label", label);
      return made;
    }

    listen() {
      const place = () => { const { lat, lng } = this.camera.getLatLng(); return [lng, lat]; };
      this.camera.on("drag", () => { this.placeHandle(); this.heard.move(place(), false); });
      this.camera.on("dragend", () => this.heard.move(place(), true));
      this.handle.on("drag", () => { this.heading = this.pointed(); this.drawArm(); this.heard.turn(this.heading, false); });
      this.handle.on("dragend", () => { this.placeHandle(); this.heard.turn(this.heading, true); });
      this.handle.getElement().addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        if (!step) return;
        this.keep(event);
        this.heard.turn((this.heading + step * (event.shiftKey ? 10 : 1) + 360) % 360, true);
      });
      this.camera.getElement().addEventListener("keydown", (event) => {
        const way = { ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowLeft: [-1, 0], ArrowDown: [0, -1] }[event.key];
        if (!way) return;
        this.keep(event);
        this.heard.step(...way.map((one) => one * (event.shiftKey ? 10 : 1)));
      });
    }

    keep(event) {
      event.preventDefault();
      event.stopPropagation();
    }

    /** Bearing from the camera to the handle. */
    pointed() {
      const from = this.map.latLngToLayerPoint(this.camera.getLatLng());
      const to = this.map.latLngToLayerPoint(this.handle.getLatLng());
      return (Math.round((Math.atan2(to.x - from.x, from.y - to.y) * 180) / Math.PI) + 360) % 360;
    }

    placeHandle() {
      const from = this.map.latLngToLayerPoint(this.camera.getLatLng());
      const turn = radians(this.heading ?? 0);
      const to = L.point(from.x + HANDLE_PX * Math.sin(turn), from.y - HANDLE_PX * Math.cos(turn));
      this.handle.setLatLng(this.map.layerPointToLatLng(to));
      this.drawArm();
    }

    drawArm() { this.arm.setLatLngs([this.camera.getLatLng(), this.handle.getLatLng()]); }

    /** Where the camera stands and looks, before the server has answered. */
    pose(place, heading) {
      this.heading = heading ?? 0;
      this.camera.setLatLng(swap(place));
      this.placeHandle();
    }

    /** The views as the server drew them, the farthest below. */
    draw(look) {
      this.shapes.clearLayers();
      look.views.forEach((view, at) => {
        const className = `camera-view level-${Math.min(at, 4)}${look.reason ? " uncounted" : ""}`;
        L.geoJSON(view.shape, { renderer: this.renderer, interactive: false, className }).addTo(this.shapes);
      });
      this.camera.getElement().classList.toggle("blind", Boolean(look.blind));
    }
  };
})();

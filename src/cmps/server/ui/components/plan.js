// Why: the track on the floor plan. Leaflet draws it in metres (CRS.Simple) from polygons that the
// server has, so there are no map tiles and no request to anybody. The list of stops beside it says
// the same in words.

import * as L from "/leaflet/leaflet-src.esm.js";
import { legsOf, placesOf, viewOf } from "../geometry.js";
import { clock, t } from "../i18n.js";
import { cameraName } from "../sightings.js";
import { state, watch } from "../store.js";
import { moves } from "../theme.js";

// Leaflet's y goes up, the plan's goes down
const at = ([x, y]) => [-y, x];
const ring = (points) => points.map(at);

class Plan extends HTMLElement {
  connectedCallback() {
    ensureStyle();
    this.box = document.createElement("div");
    this.box.className = "plan";
    this.box.setAttribute("role", "region");
    this.append(this.box);
    this.unwatch = watch(["track", "plan", "words"], () => this.draw());
    this.sized = new ResizeObserver(() => this.fit());
    this.sized.observe(this.box);
    this.map = L.map(this.box, {
      crs: L.CRS.Simple, attributionControl: false, zoomSnap: 0.25, minZoom: -3, maxZoom: 6,
      scrollWheelZoom: false, fadeAnimation: moves(), zoomAnimation: moves(), markerZoomAnimation: moves(),
    });
    this.map.zoomControl.setPosition("topright");
    this.floor = L.layerGroup().addTo(this.map);
    this.way = L.layerGroup().addTo(this.map);
    this.map.on("zoomend", () => this.box.classList.toggle("near", this.map.getZoom() > this.fitting + 0.4));
    this.draw();
  }

  disconnectedCallback() {
    this.unwatch();
    this.sized.disconnect();
    this.map.remove();
    this.box.remove();
  }

  draw() {
    const { plan, track } = state;
    if (!plan?.available) return;
    this.box.setAttribute("aria-label", t("plan.title", { name: plan.name }));
    if (this.drawn !== plan) {
      this.drawn = plan;
      this.drawFloor(plan);
      this.fit();
    }
    this.drawCameras(plan, new Set((track?.stops ?? []).map((one) => one.camera)));
    if (track) this.drawWay(track, plan);
  }

  fit() {
    if (!this.drawn) return;
    const [w, h] = this.drawn.metres;
    this.map.invalidateSize({ animate: false });
    this.map.fitBounds([at([0, 0]), at([w, h])], { animate: false, padding: [6, 6] });
    this.fitting = this.map.getZoom();
  }

  drawFloor(plan) {
    this.floor.clearLayers();
    const shape = (points, className) => L.polygon(ring(points), { className, interactive: false }).addTo(this.floor);
    shape(plan.outline, "plan-floor");
    for (const one of plan.shops ?? plan.zones ?? []) {
      const drawn = shape(one.polygon, "plan-shop");
      if (one.name) drawn.bindTooltip(one.name, { permanent: true, direction: "center", className: "plan-name" });
    }
    for (const one of plan.obstacles ?? []) shape(one.polygon ?? one, "plan-obstacle");
    this.eyes = L.layerGroup().addTo(this.floor);
  }

  drawCameras(plan, passed) {
    this.eyes.clearLayers();
    for (const one of plan.cameras) {
      const seen = passed.has(one.id) ? "passed" : "";
      L.polygon(ring(viewOf(one)), { className: `plan-view ${seen}`, interactive: false }).addTo(this.eyes);
      L.circleMarker(at([one.x, one.y]), { radius: 5, className: `plan-camera ${seen}`, interactive: false })
        .bindTooltip(cameraName(one.id), { permanent: true, ...labelled(one), className: `plan-label ${seen}` })
        .addTo(this.eyes);
    }
  }

  drawWay(track, plan) {
    this.way.clearLayers();
    const places = placesOf(track, plan);
    for (const { from, to, unseen } of legsOf(track, places)) {
      L.polyline([at([from.x, from.y]), at([to.x, to.y])], { className: `plan-leg ${unseen ? "unseen" : ""}`, interactive: false }).addTo(this.way);
    }
    for (const place of places) {
      if (!place) continue;
      const { n, stop, walk } = place;
      if (walk) L.polyline(ring(walk), { className: "plan-leg walked", interactive: false }).addTo(this.way);
      const label = document.createElement("span");
      label.textContent = n;
      const name = t("plan.stop", { n, camera: cameraName(stop.camera), time: clock(stop.from) });
      L.marker(at([place.x, place.y]), {
        icon: L.divIcon({ html: label, className: `plan-stop ${stop.confirmed ? "confirmed" : ""}`, iconSize: [26, 26] }),
        title: name, alt: name, keyboard: true,
      })
        .on("click keypress", (event) => (event.type === "click" || event.originalEvent.key === "Enter") && toStop(n))
        .on("add", (event) => event.target.getElement().setAttribute("aria-label", name))
        .addTo(this.way);
    }
  }
}

/** The name stands behind the camera, where its view is not. */
function labelled({ heading = 0 }) {
  const below = Math.sin((heading * Math.PI) / 180) < -0.5;
  return { direction: below ? "bottom" : "top", offset: [0, below ? 4 : -4] };
}

/** Bring a stop of the list into view. */
export function toStop(n) {
  const line = document.querySelector(`#stop-${n}`);
  line?.scrollIntoView({ block: "center", behavior: moves() ? "smooth" : "auto" });
  line?.animate([{ backgroundColor: "var(--accent-soft)" }, { backgroundColor: "transparent" }], { duration: 1200 });
}

function ensureStyle() {
  if (document.querySelector("link[href='/leaflet/leaflet.css']")) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/leaflet/leaflet.css" });
  document.head.prepend(link);
}

customElements.define("cmps-plan", Plan);

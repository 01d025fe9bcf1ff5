// Why: paper takes no Leaflet: the same plan and track as one plain drawing.

import { h } from "../dom.js";
import { legsOf, placesOf, viewOf } from "../geometry.js";
import { t } from "../i18n.js";
import { cameraName } from "../sightings.js";

/** A plan with a track as SVG, one metre a unit. */
export function planDrawing(plan, track) {
  const [w, d] = plan.metres;
  const unit = Math.max(w, d) / 100;
  const points = (ring) => ring.map((one) => one.join(",")).join(" ");
  const polygon = (ring, name) => h("polygon", { points: points(ring), class: name });
  const places = placesOf(track, plan);
  return h(
    "svg",
    { class: "plan-drawing", viewBox: `${-unit} ${-unit} ${w + 2 * unit} ${d + 2 * unit}`, role: "img", "aria-label": t("plan.title", { name: plan.name }), style: { "--unit": String(unit) } },
    polygon(plan.outline, "plan-floor"),
    ...(plan.shops ?? plan.zones ?? []).map((one) => polygon(one.polygon, "plan-shop")),
    ...(plan.obstacles ?? []).map((one) => polygon(one.polygon ?? one, "plan-obstacle")),
    ...plan.cameras.map((one) => h("g", null, polygon(viewOf(one), "plan-view"), h("circle", { cx: one.x, cy: one.y, r: unit, class: "plan-camera" }),
      h("text", { x: one.x, y: one.y - 1.6 * unit, "text-anchor": "middle", "font-size": 2.4 * unit }, cameraName(one.id)))),
    ...legsOf(track, places).map(({ from, to, unseen }) => h("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: `plan-leg ${unseen ? "unseen" : ""}` })),
    ...places.filter(Boolean).map((one) => h("g", null,
      one.walk && h("polyline", { points: points(one.walk), class: "plan-leg walked" }),
      h("circle", { cx: one.x, cy: one.y, r: 2 * unit, class: `plan-stop-dot ${one.stop.confirmed ? "confirmed" : ""}` }),
      h("text", { x: one.x, y: one.y + unit, "text-anchor": "middle", "font-size": 2.8 * unit, class: "plan-stop-n" }, one.n))),
  );
}

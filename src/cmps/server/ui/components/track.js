// Why: one click answers where the person was. Each stop shows its picture and can be confirmed or
// rejected; the rest is weighed anew at once. Gaps are said, not drawn over.

import { h } from "../dom.js";
import { clock, day, percent, span, t, tn } from "../i18n.js";
import { icon } from "../icons.js";
import { cameraName } from "../sightings.js";
import { Component, set, state } from "../store.js";
import { askNear, closeTrack, judge, pursuit } from "../tracks.js";
import "./plan.js";
import "./timeline.js";
import { picture } from "./picture.js";

class Track extends Component {
  static shows = ["track", "tracking", "route", "case", "cameras", "plan"];

  view() {
    const asked = pursuit();
    if (state.case?.closed_at) return h("p", { class: "hint track-empty" }, t("ask.closed"));
    if (!asked.sighting) return h("p", { class: "hint track-empty" }, t("track.none"));
    const { track } = state;
    return h(
      "section",
      { class: `block way-of ${state.tracking ? "busy" : ""}`, "aria-labelledby": "track-title", "aria-busy": String(Boolean(state.tracking)) },
      h("div", { class: "block-head" },
        h("h2", { id: "track-title" }, icon("track", 18), t("track.title")),
        h("div", { class: "row" },
          track && h("button", { onclick: () => set({ dialog: { kind: "player" } }) }, icon("play", 16), t("track.play")),
          h("button", { class: "quiet", onclick: closeTrack, "aria-label": t("track.close"), title: t("track.close") }, "×"))),
      h("p", { role: "status", class: "summary" }, track ? summary(track) : t("loading")),
      state.plan?.available && h("cmps-plan", { key: "plan" }),
      track && h("cmps-timeline", { key: "timeline" }),
      track && !track.travel_times && h("p", { class: "hint" }, t("track.no-times")),
      track && h("ol", { class: "stops" }, ...lines(track, asked)),
      asked.reject.length > 0 && h("details", { class: "rejected" },
        h("summary", null, tn("track.rejected", asked.reject.length)),
        h("ul", null, ...asked.reject.map((id) => h("li", { key: id }, picture(id, { alt: t("shortlist.rejected-one") }),
          h("button", { class: "link", onclick: () => judge(id, "") }, t("shortlist.back")))))),
      track && h("label", { class: "switch near-switch" },
        h("input", { type: "checkbox", role: "switch", checked: asked.near, onchange: (event) => askNear(event.target.checked) }), t("track.near")),
      asked.near && track?.near && company(track),
    );
  }
}

function summary(track) {
  const { stops } = track;
  if (!stops.length) return t("track.nothing");
  const last = stops.at(-1);
  return `${tn("track.stops", stops.length)} · ${t("track.last", { camera: cameraName(last.camera), time: clock(last.to ?? last.from) })}`;
}

function lines(track, asked) {
  const found = [];
  track.stops.forEach((stop, n) => {
    found.push(stopLine(stop, n, asked));
    const gap = track.gaps.find((one) => one.after === n);
    if (gap) found.push(gapLine(gap));
  });
  return found;
}

function stopLine(stop, n, asked) {
  const own = stop.best === asked.sighting || stop.sightings.some((one) => one.sighting === asked.sighting);
  const confirmed = asked.confirm.includes(stop.best) || stop.confirmed;
  return h(
    "li",
    { class: `stop ${confirmed ? "confirmed" : ""}`, key: `stop-${stop.best}`, id: `stop-${n + 1}`, "data-stop": stop.best },
    h("span", { class: "number", "aria-hidden": "true" }, n + 1),
    picture(stop.best, { alt: t("track.stop-picture", { n: n + 1 }) }),
    h("div", { class: "stop-facts" },
      h("p", { class: "stop-head" }, h("strong", null, cameraName(stop.camera)), h("span", { class: "chance" }, confirmed ? t("track.confirmed") : percent(stop.probability))),
      h("p", { class: "where" }, h("time", { datetime: stop.from ?? "" }, `${clock(stop.from)}–${clock(stop.to)}`), h("span", null, day(stop.from)), h("span", null, tn("track.pictures", stop.pictures))),
      stop.unreachable && h("p", { class: "thin" }, t("track.unreachable")),
      h("div", { class: "row" },
        own ? h("small", null, t("track.asked-for")) : [
          h("button", { class: "say-yes", "aria-pressed": String(asked.confirm.includes(stop.best)), onclick: () => judge(stop.best, asked.confirm.includes(stop.best) ? "" : "yes"), "aria-label": t("track.confirm-n", { n: n + 1 }) }, icon("yes", 16), t("track.confirm")),
          h("button", { class: "say-no", onclick: () => judge(stop.best, "no"), "aria-label": t("track.reject-n", { n: n + 1 }) }, icon("no", 16), t("track.reject")),
        ])),
  );
}

function gapLine(gap) {
  const walk = gap.metres == null ? "" : ` · ${t("track.walk", { m: Math.round(gap.metres) })}`;
  return h(
    "li",
    { class: "gap", key: `gap-${gap.after}` },
    h("p", null, `${t("track.unseen", { time: span(gap.seconds) })}${walk}`),
    gap.cameras.length > 0 && h("p", { class: "hint" }, t("track.could", { cameras: gap.cameras.map(cameraName).join(", ") })),
    gap.maybe.length > 0 && h("ul", { class: "maybe" }, ...gap.maybe.map((one) => h("li", { key: one.sighting },
      picture(one.sighting, { alt: "", loading: "lazy" }),
      h("small", null, `${cameraName(one.camera)} ${clock(one.time)} · ${percent(one.probability)}`),
      h("button", { class: "link", onclick: () => judge(one.sighting, "yes") }, t("track.is-them"))))),
  );
}

function company(track) {
  if (!track.near.length) return h("p", { class: "hint" }, t("track.nobody-near"));
  return h(
    "ul",
    { class: "company", "aria-label": t("track.near") },
    ...track.near.slice(0, 8).map((one) => h("li", { key: one.sightings[0].sighting, "data-sighting": one.sightings[0].sighting },
      h("div", { class: "strip" }, ...one.sightings.slice(0, 4).map((each) => picture(each.sighting, { alt: "", loading: "lazy" }))),
      h("p", null, t("track.near-at", { stops: one.at.map((n) => n + 1).join(", ") }), h("small", null, percent(one.probability))))),
  );
}

customElements.define("cmps-track", Track);

// Why: when and where on one drawing: a line a camera, a bar a stop, dashes where nobody saw them.

import { h } from "../dom.js";
import { clock, t } from "../i18n.js";
import { cameraName } from "../sightings.js";
import { Component, state } from "../store.js";
import { toStop } from "./plan.js";

const ROW = 26;
const LEFT = 92;
const FOOT = 22;

class Timeline extends Component {
  static shows = ["track", "cameras"];

  view() {
    return drawing(state.track, this.clientWidth || 400, (n) => toStop(n));
  }

  started() {
    this.sized = new ResizeObserver(() => this.clientWidth !== this.wide && this.redraw());
    this.sized.observe(this);
  }

  stopped() {
    this.sized.disconnect();
  }

  after() {
    this.wide = this.clientWidth;
  }
}

/** The timeline of a track, or nothing where no stop has a time. */
export function drawing(track, wide = 400, click = null) {
  const stops = (track?.stops ?? []).map((stop, n) => ({ stop, n: n + 1 })).filter(({ stop }) => stop.from);
  if (!stops.length) return null;
  const cameras = [...new Set(stops.map(({ stop }) => stop.camera))];
  const first = Math.min(...stops.map(({ stop }) => Date.parse(stop.from)));
  const last = Math.max(...stops.map(({ stop }) => Date.parse(stop.to ?? stop.from)));
  const room = wide - LEFT - 26;
  const x = (time) => LEFT + 12 + (room * (Date.parse(time) - first)) / Math.max(1000, last - first);
  const y = (camera) => cameras.indexOf(camera) * ROW + ROW / 2 + 4;
  const height = cameras.length * ROW + FOOT + 6;
  return h(
    "svg",
    { class: "timeline", viewBox: `0 0 ${wide} ${height}`, role: "img", "aria-label": t("timeline.title", { from: clock(first), to: clock(last) }) },
    ...cameras.map((one) => h("g", { key: one },
      h("line", { x1: LEFT, x2: wide - 4, y1: y(one), y2: y(one), class: "rule" }),
      h("text", { x: LEFT - 8, y: y(one) + 4, class: "camera", "text-anchor": "end" }, short(cameraName(one))))),
    ...ticks(first, last).map((time) => h("g", null,
      h("line", { x1: x(time), x2: x(time), y1: 2, y2: height - FOOT, class: "tick-line" }),
      h("text", { x: Math.min(x(time), wide - 22), y: height - 6, "text-anchor": "middle", class: "hour" }, clock(time).slice(0, last - first < 300000 ? 8 : 5)))),
    ...stops.slice(1).map(({ stop }, n) => {
      const before = stops[n].stop;
      return h("line", { class: "jump", x1: x(before.to ?? before.from), y1: y(before.camera), x2: x(stop.from), y2: y(stop.camera) });
    }),
    ...stops.map(({ stop, n }) => bar(stop, n, x, y, click)),
  );
}

function bar(stop, n, x, y, click) {
  const from = x(stop.from);
  const wide = Math.max(18, x(stop.to ?? stop.from) - from);
  return h(
    "g",
    { class: `bar-of ${stop.confirmed ? "confirmed" : ""}`, onclick: click && (() => click(n)) },
    h("title", null, `${n}. ${cameraName(stop.camera)} ${clock(stop.from)}`),
    h("rect", { x: from - 9, y: y(stop.camera) - 9, width: wide, height: 18, rx: 9 }),
    h("text", { x: from - 9 + wide / 2, y: y(stop.camera) + 4, "text-anchor": "middle" }, n),
  );
}

const short = (name) => (name.length > 13 ? `${name.slice(0, 12)}…` : name);

function ticks(first, last) {
  const spans = [5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600].map((one) => one * 1000);
  const step = spans.find((one) => (last - first) / one <= 4) ?? 86400000;
  const found = [];
  for (let time = Math.ceil(first / step) * step; time <= last; time += step) found.push(time);
  return (found.length ? found : [first]).map((time) => new Date(time).toISOString());
}

customElements.define("cmps-timeline", Timeline);

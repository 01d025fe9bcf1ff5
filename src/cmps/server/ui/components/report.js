// Why: what was found must leave the room on paper: purpose, pictures, times, map, who confirmed,
// and the log of what was asked, so that somebody else can judge it. Printing makes the PDF.

import { get, list, post } from "../api.js";
import { h } from "../dom.js";
import { clock, moment, percent, span, t, tn } from "../i18n.js";
import { icon } from "../icons.js";
import { cameraName } from "../sightings.js";
import { stepWords } from "../steps.js";
import { address } from "../routes.js";
import { Component, set, state } from "../store.js";
import { pursuit } from "../tracks.js";
import { drawing } from "./timeline.js";
import { verdict } from "./shortlist.js";
import { planDrawing } from "./plan-drawing.js";
import { picture } from "./picture.js";

class Report extends Component {
  static shows = ["cameras", "plan", "case"];
  report = null;
  tracks = [];

  view() {
    const { report } = this;
    if (this.failed) return h("section", { class: "page" }, h("h1", null, t("report.title")), h("p", { role: "alert" }, this.failed));
    if (!report) return h("section", { class: "page" }, h("p", { role: "status" }, t("loading")));
    const one = report.case;
    return h(
      "article",
      { class: "page report" },
      h("div", { class: "row no-print" },
        h("a", { class: "button", href: backTo() }, t("report.back")),
        h("button", { class: "primary", onclick: () => print() }, icon("print", 18), t("report.print"))),
      h("header", null,
        h("h1", null, t("report.title")),
        h("p", { class: "purpose" }, one.purpose),
        h("dl", null, ...facts(one))),
      h("p", { class: "decides" }, t("decides.long")),
      this.confirmed(one),
      ...this.tracks.map((track, n) => way(track, n)),
      ...(report.sessions ?? []).map((session, n) => asked(session, n)),
      h("footer", null, t("report.made", { name: report.made_by, time: moment(report.made_at) })),
    );
  }

  confirmed(one) {
    const all = one.confirmations ?? [];
    return h("section", null, h("h2", null, t("confirm.title")),
      all.length ? h("ul", { class: "evidence" }, ...all.map((each) => h("li", null,
        picture(each.sighting, { alt: t("track.stop-picture", { n: "" }) }),
        h("p", null, h("strong", null, verdict(each))),
        h("p", null, t("confirm.proposed", { name: each.proposed_by, time: moment(each.proposed_at) })),
        each.note && h("p", null, `“${each.note}”`)))) : h("p", null, t("confirm.none")));
  }

  async started() {
    const id = state.route.case;
    try {
      const [report, cameras, plan] = await Promise.all([get(`/cases/${id}/report`), list("/cameras"), get("/floorplan")]);
      set({ cameras, plan, case: report.case });
      this.report = report;
      this.redraw();
      if (!report.case.closed_at) await this.follow(id, report);
    } catch (error) {
      this.failed = error.message || t("error.offline");
      this.redraw();
    }
  }

  async follow(id, report) {
    const corrected = pursuit();
    const ticked = [...new Set([corrected.sighting].filter(Boolean).concat((report.sessions ?? []).flatMap((one) => one.ticked)))];
    const done = new Set();
    for (const sighting of ticked) {
      if (done.has(sighting)) continue;
      const said = sighting === corrected.sighting ? corrected : { sighting, confirm: [], reject: [] };
      const found = await post("/tracks", { case: id, ...said, near: false });
      found.stops.flatMap((stop) => stop.sightings.map((one) => one.sighting)).forEach((one) => done.add(one));
      this.tracks = [...this.tracks, found];
      this.redraw();
    }
  }
}

function backTo() {
  const { session, ...query } = Object.fromEntries(state.route.query);
  return address({ view: "case", case: state.route.case, session, query });
}

function facts(one) {
  return [
    ["report.case", one.id],
    ["report.opened", `${one.opened_by || "–"}, ${moment(one.opened_at)}`],
    one.closed_at && ["report.closed", moment(one.closed_at)],
    one.keep_days && ["report.keep", tn("days", one.keep_days)],
  ].filter(Boolean).flatMap(([key, value]) => [h("dt", null, t(key)), h("dd", null, value)]);
}

function way(track, n) {
  return h(
    "section",
    { class: "report-way", key: track.sighting },
    h("h2", null, t("report.track", { n: n + 1 })),
    h("div", { class: "report-maps" }, state.plan?.available && planDrawing(state.plan, track), drawing(track)),
    h("ol", { class: "evidence" }, ...track.stops.map((stop, place) => {
      const gap = track.gaps.find((one) => one.after === place);
      return h("li", null,
        picture(stop.best, { alt: t("track.stop-picture", { n: place + 1 }) }),
        h("p", null, h("strong", null, `${place + 1}. ${cameraName(stop.camera)}`)),
        h("p", null, `${clock(stop.from)}–${clock(stop.to)}`),
        h("p", null, stop.confirmed ? t("track.confirmed") : percent(stop.probability)),
        gap && h("p", { class: "hint" }, t("track.unseen", { time: span(gap.seconds) })));
    })),
  );
}

function asked(session, n) {
  return h(
    "section",
    { key: session.id },
    h("h2", null, t("report.asked", { n: n + 1 })),
    session.steps?.length ? h("table", null,
      h("thead", null, h("tr", null, ...["report.n", "report.when", "report.who", "report.what"].map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", null, ...session.steps.map((one) => h("tr", { class: one.undone ? "undone" : "" },
        h("td", null, one.n), h("td", null, moment(one.at)), h("td", null, one.by || "–"),
        h("td", null, stepWords(one), one.undone ? ` (${t("history.undone")})` : ""))))) : h("p", null, t("report.nothing")),
  );
}

customElements.define("cmps-report", Report);

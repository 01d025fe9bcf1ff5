// Why: who was ticked, side by side, with the two things that follow: where they went, and asking a
// second person. Who was rejected lies below, folded, to be taken back.

import { click } from "../actions.js";
import { h } from "../dom.js";
import { clock, t, tn } from "../i18n.js";
import { icon } from "../icons.js";
import { canSearch } from "../roles.js";
import { cameraName, sightingOf } from "../sightings.js";
import { Component, set, state } from "../store.js";
import { openTrack } from "../tracks.js";
import { picture } from "./picture.js";

class Shortlist extends Component {
  static shows = ["session", "case", "me", "cameras", "sightings", "route"];
  static needs = ["session"];

  view() {
    const { ticked, rejected } = state.session;
    return h(
      "section",
      { class: "block shortlist", "aria-labelledby": "shortlist-title" },
      h("h2", { id: "shortlist-title" }, icon("list", 18), t("shortlist.title")),
      ticked.length ? h("ul", { class: "ticked-list" }, ...ticked.map(entry)) : h("p", { class: "hint" }, t("shortlist.none")),
      rejected.length > 0 && h("details", { class: "rejected" },
        h("summary", null, tn("shortlist.rejected", rejected.length)),
        h("ul", null, ...rejected.map((id) => h("li", { key: id },
          picture(id, { alt: t("shortlist.rejected-one"), loading: "lazy" }),
          canSearch() && h("button", { class: "link", onclick: () => click("reject", id) }, t("shortlist.back")))))),
    );
  }
}

function entry(id) {
  const one = sightingOf(id);
  const where = `${one.camera_name || cameraName(one.camera)} · ${clock(one.time)}`;
  const current = state.route.query.get("track") === id;
  const told = (state.case?.confirmations ?? []).filter((each) => each.sighting === id).at(-1);
  return h(
    "li",
    { key: id, class: current ? "current" : "", "data-sighting": id },
    picture(id, { alt: t("shortlist.picture", { where }) }),
    h("div", null,
      h("div", { class: "entry-head" }, h("p", { class: "where" }, where),
        canSearch() && h("button", { class: "quiet", onclick: () => click("tick", id), "aria-label": t("shortlist.remove"), title: t("shortlist.remove") }, "×")),
      told && h("p", { class: `verdict ${told.agreed === null ? "open" : told.agreed ? "yes" : "no"}` }, verdict(told)),
      h("div", { class: "row" },
        !state.case?.closed_at && h("button", { class: "primary", onclick: () => openTrack(id), "aria-pressed": String(current) }, icon("track", 18), t("act.track")),
        canSearch() && !told && h("button", { onclick: () => set({ dialog: { kind: "propose", sighting: id } }) }, icon("people", 18), t("confirm.ask")))),
  );
}

/** A confirmation in words. */
export function verdict(one) {
  if (one.agreed === null) return t("confirm.waiting", { name: one.proposed_by });
  return t(one.agreed ? "confirm.agreed" : "confirm.disagreed", { name: one.decided_by });
}

customElements.define("cmps-shortlist", Shortlist);

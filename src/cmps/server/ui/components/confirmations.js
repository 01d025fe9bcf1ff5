// Why: two people look before anybody is approached. One proposes a sighting, somebody else of the
// role reviewer agrees or not; nobody confirms their own proposal.

import { excuse, readCase } from "../actions.js";
import { post } from "../api.js";
import { h } from "../dom.js";
import { clock, moment, t } from "../i18n.js";
import { icon } from "../icons.js";
import { may } from "../roles.js";
import { cameraName, sightingOf } from "../sightings.js";
import { say, set, state } from "../store.js";
import { verdict } from "./shortlist.js";
import { picture } from "./picture.js";

/** The form that asks a second person. */
export function propose(sighting) {
  const send = async (event) => {
    event.preventDefault();
    const { note } = Object.fromEntries(new FormData(event.target));
    try {
      await post(`/cases/${state.route.case}/confirmations`, { sighting, note });
      await readCase();
      set({ dialog: null });
      say(t("confirm.sent"));
    } catch (error) {
      excuse(error);
    }
  };
  return h(
    "form",
    { class: "propose-form", onsubmit: send },
    figure(sighting),
    h("div", null,
      h("p", null, t("confirm.why")),
      h("label", null, t("confirm.note"), h("textarea", { name: "note", rows: 3, maxlength: 1000, autofocus: true })),
      h("button", { class: "primary" }, t("confirm.send"))),
  );
}

/** All confirmations of the case, open ones first. */
export function confirmations() {
  const all = [...(state.case?.confirmations ?? [])].sort((a, b) => Number(a.agreed !== null) - Number(b.agreed !== null));
  if (!all.length) return h("p", { class: "hint" }, t("confirm.none"));
  return h("ul", { class: "confirmations" }, ...all.map(entry));
}

function entry(one) {
  const mine = one.proposed_by === state.me.name;
  const decide = (agreed) => async (event) => {
    const note = event.target.closest("li").querySelector("input")?.value ?? "";
    try {
      await post(`/confirmations/${one.id}/decision`, { agreed, note });
      await readCase();
    } catch (error) {
      excuse(error);
    }
  };
  return h(
    "li",
    { key: one.id, class: one.agreed === null ? "open" : "" },
    figure(one.sighting),
    h("div", null,
      h("p", null, h("strong", null, verdict(one))),
      h("p", { class: "hint" }, t("confirm.proposed", { name: one.proposed_by, time: moment(one.proposed_at) })),
      one.note && h("p", null, `“${one.note}”`),
      one.agreed === null && mine && h("p", { class: "hint" }, t("confirm.mine")),
      one.agreed === null && !mine && !may("reviewer") && h("p", { class: "hint" }, t("confirm.reviewer")),
      one.agreed === null && !mine && may("reviewer") && [
        h("label", null, t("confirm.note"), h("input", { maxlength: 1000 })),
        h("div", { class: "row" },
          h("button", { class: "say-yes", onclick: decide(true) }, icon("yes", 18), t("confirm.agree")),
          h("button", { class: "say-no", onclick: decide(false) }, icon("no", 18), t("confirm.disagree"))),
      ]),
  );
}

function figure(id) {
  const one = sightingOf(id);
  const where = `${one.camera_name || cameraName(one.camera)} · ${clock(one.time)}`;
  return h("figure", null, picture(id, { alt: t("shortlist.picture", { where }) }), h("figcaption", null, where));
}

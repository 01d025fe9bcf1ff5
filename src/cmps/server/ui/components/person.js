// Why: one picture misleads. All pictures of a person side by side, each with its own clicks, let
// the operator decide.

import { h } from "../dom.js";
import { chipWords, clock, day, percent, t } from "../i18n.js";
import { personOf } from "../people.js";
import { state } from "../store.js";
import { acts, score } from "./card.js";
import { picture } from "./picture.js";

/** Title and body of the dialog of a person. */
export function pictures(key) {
  const person = personOf(state.results, key);
  if (!person) return [t("person.gone"), h("p", null, t("person.gone-why"))];
  return [
    t("person.title", { rank: person.rank }),
    h("div", { class: "person-all" },
      score(person),
      h("ul", { class: "gallery" }, ...person.sightings.map((one) => h("li", { key: one.id, "data-sighting": one.id },
        picture(one.id, { alt: t("shortlist.picture", { where: `${one.camera_name || one.camera} ${clock(one.time)}` }) }),
        h("p", { class: "where" }, h("span", null, one.camera_name || one.camera), h("span", null, percent(one.probability))),
        h("p", { class: "hint" }, `${day(one.time)} ${clock(one.time)}`),
        acts(one.id)))),
      person.reasons.length > 0 && h("table", { class: "why" },
        h("caption", null, t("person.why")),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, t("person.chip")), h("th", { scope: "col" }, t("person.shown")), h("th", { scope: "col" }, t("person.counts")))),
        h("tbody", null, ...person.reasons.map((one) => h("tr", null,
          h("th", { scope: "row" }, chipWords(one)),
          h("td", null, `${t(`seen.${{ seen: "seen", "not seen": "unseen" }[one.seen] ?? "unclear"}`)} (${percent(one.shown)})`),
          h("td", null, t(one.counts > 0.05 ? "person.for" : one.counts < -0.05 ? "person.against" : "person.neither"))))))),
  ];
}

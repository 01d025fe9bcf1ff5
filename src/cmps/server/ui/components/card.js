// Why: one candidate: the picture first, then how probable, where and when, and what speaks for and
// against. All four clicks are on the card; the letters do the same.

import { click } from "../actions.js";
import { h } from "../dom.js";
import { chipWords, clock, day, percent, t, tn } from "../i18n.js";
import { icon } from "../icons.js";
import { face } from "../people.js";
import { canSearch } from "../roles.js";
import { set, state } from "../store.js";
import { openTrack } from "../tracks.js";
import { picture } from "./picture.js";

const SIGNS = { seen: "✓", "not seen": "✕", "cannot tell": "?" };
const CLASSES = { seen: "seen", "not seen": "unseen", "cannot tell": "unclear" };

/** One person as a card; the first one can be reached with Tab, the others with arrows. */
export function card(person, reachable) {
  const sighting = face(person, state.session);
  const name = t("card.name", { rank: person.rank, p: percent(person.probability), camera: sighting.camera_name || sighting.camera, time: clock(sighting.time) });
  return h(
    "div",
    { role: "listitem", key: person.key, class: "slot" },
    h(
      "article",
      {
        class: `person ${person.mark}`, tabindex: reachable ? "0" : "-1", "data-key": person.key, "data-sighting": sighting.id,
        "aria-label": person.mark ? `${name}, ${t(`mark.${person.mark}`)}` : name, "aria-keyshortcuts": "Y N S T Enter",
        "aria-current": state.selected === person.key ? "true" : null,
      },
      photo(person, sighting),
      h("div", { class: "facts" },
        score(person),
        h("p", { class: "where" }, h("span", null, sighting.camera_name || sighting.camera), h("time", { datetime: sighting.time ?? "", title: day(sighting.time) }, clock(sighting.time))),
        person.reasons.length > 0 && h("ul", { class: "reasons" }, ...person.reasons.map(reason))),
      acts(sighting.id),
    ),
  );
}

function photo(person, sighting) {
  return h(
    "button",
    { class: "picture", tabindex: "-1", onclick: () => set({ selected: person.key, dialog: { kind: "person", key: person.key } }), "aria-label": tn("card.pictures", person.sightings.length) },
    picture(sighting.id, { alt: "", loading: "lazy" }),
    h("span", { class: "rank" }, person.rank),
    person.mark && h("span", { class: `mark ${person.mark}` }, icon(person.mark === "ticked" ? "yes" : "like", 18)),
    person.sightings.length > 1 && h("span", { class: "amount" }, person.sightings.length),
  );
}

/** A probability as a number and a bar. */
export function score({ probability, mark }) {
  if (mark === "ticked") return h("p", { class: "score sure" }, h("strong", null, t("mark.ticked")));
  return h("p", { class: "score" }, h("strong", null, percent(probability)),
    h("span", { class: "track-bar", "aria-hidden": "true" }, h("span", { class: "fill", style: { "--p": String(probability) } })));
}

function reason(one) {
  const words = chipWords(one);
  // of a thing that was ruled out, to be seen is bad
  const against = one.counts < 0 && one.seen !== "cannot tell";
  return h(
    "li",
    { class: `${CLASSES[one.seen]} ${against ? "against" : ""}`, title: `${words}: ${t(`seen.${CLASSES[one.seen]}`)}` },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[one.seen]),
    h("span", { class: "reason-words" }, one.chip.startsWith("not ") ? h("s", null, words) : words),
    h("span", { class: "hidden" }, t(`seen.${CLASSES[one.seen]}`)),
  );
}

/** The four clicks on a sighting. */
export function acts(id) {
  const { ticked = [], rejected = [], liked = [] } = state.session ?? {};
  const one = (kind, name, list, letter) =>
    h("button", { class: `act ${kind}`, "aria-pressed": String(list.includes(id)), onclick: () => click(kind, id), title: `${t(`act.${kind}`)} (${letter})`, "aria-label": t(`act.${kind}`) }, icon(name, 18));
  return h(
    "div",
    { class: "acts", role: "group", "aria-label": t("act.title") },
    canSearch() && one("tick", "yes", ticked, "Y"),
    canSearch() && one("reject", "no", rejected, "N"),
    canSearch() && one("like", "like", liked, "S"),
    !state.case?.closed_at && h("button", { class: "act follow", onclick: () => openTrack(id), title: `${t("act.track")} (T)`, "aria-label": t("act.track") }, icon("track", 18)),
  );
}

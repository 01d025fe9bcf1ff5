// Why: what the machine understood, to be checked at a glance and put right with one click: must,
// maybe, not, gone. The pictures of the query lie beside the words, since they count like them.

import { click, step } from "../actions.js";
import { h } from "../dom.js";
import { chipWords, t } from "../i18n.js";
import { canSearch } from "../roles.js";
import { Component, state } from "../store.js";
import { picture } from "./picture.js";

const NEXT = { must: "maybe", maybe: "not", not: "must" };
const SIGNS = { must: "✓", maybe: "?", not: "✕" };

class Chips extends Component {
  static shows = ["session", "case", "me"];
  static needs = ["session"];

  view() {
    const { chips, notes, liked, photos } = state.session;
    if (!chips.length && !notes?.length && !liked.length && !photos.length) return null;
    return h(
      "section",
      { class: "block", "aria-labelledby": "chips-title" },
      h("h2", { id: "chips-title" }, t("chips.title")),
      chips.length > 0 && h("ul", { class: "chips" }, ...chips.map(chip)),
      notes?.length > 0 && h("p", { class: "hint" }, t("chips.notes", { words: notes.join(" · ") })),
      (liked.length > 0 || photos.length > 0) && h(
        "ul",
        { class: "query-pictures", "aria-label": t("chips.pictures") },
        ...photos.map((one) => h("li", { key: one.id, class: "photo" },
          h("span", { class: "photo-name" }, one.name || t("chips.photo")), away(one.id, one.name || t("chips.photo")))),
        ...liked.map((id) => h("li", { key: id },
          picture(id, { alt: t("chips.liked") }), away(id, t("chips.liked")))),
      ),
    );
  }
}

function chip(one) {
  const words = chipWords(one);
  const may = canSearch();
  const cycle = () => step("mark", { chip: one.chip, to: NEXT[one.place] });
  return h(
    "li",
    { class: `chip ${one.place}`, key: one.chip.replace(/^(maybe|not) /, "") },
    h("button", { class: "chip-words", disabled: !may, onclick: cycle, title: t("chips.cycle"), "aria-label": t(`chips.is-${one.place}`, { words }) },
      h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[one.place]),
      one.place === "not" ? h("s", null, words) : words,
      one.place !== "must" && h("small", null, t(`chips.${one.place}`))),
    may && h("button", { class: "chip-gone", onclick: () => step("mark", { chip: one.chip, to: "gone" }), "aria-label": t("chips.remove", { words }), title: t("chips.remove", { words }) }, "×"),
  );
}

function away(id, words) {
  return canSearch() && h("button", { class: "chip-gone", "aria-label": t("chips.remove", { words }), onclick: () => take(id) }, "×");
}

function take(id) {
  if (state.session.liked.includes(id)) click("like", id);
  else step("click", { kind: "clear", sighting: id });
}

customElements.define("cmps-chips", Chips);

// Why: every step can be seen and taken back, so nobody is afraid to try one.

import { redo, undo } from "../actions.js";
import { h } from "../dom.js";
import { clock, t } from "../i18n.js";
import { icon } from "../icons.js";
import { stepWords } from "../steps.js";
import { canSearch } from "../roles.js";
import { Component, state } from "../store.js";

class History extends Component {
  static shows = ["session", "case", "me"];
  static needs = ["session"];

  view() {
    const { steps, can_undo: back, can_redo: forth } = state.session;
    if (!steps.length) return null;
    return h(
      "section",
      { class: "block history", "aria-labelledby": "history-title" },
      h("div", { class: "block-head" },
        h("h2", { id: "history-title" }, t("history.title")),
        canSearch() && h("div", { class: "row" },
          h("button", { class: "quiet", disabled: !back, onclick: undo, title: `${t("history.undo")} (U)` }, icon("undo", 18), t("history.undo")),
          h("button", { class: "quiet", disabled: !forth, onclick: redo, title: t("history.redo") }, icon("redo", 18), h("span", { class: "hidden" }, t("history.redo"))))),
      h("ol", { class: "steps", reversed: true }, ...[...steps].reverse().map(line)),
    );
  }
}

function line(one) {
  return h(
    "li",
    { key: one.n, value: one.n, class: one.undone ? "undone" : "" },
    h("span", { class: "did" }, stepWords(one)),
    h("small", null, one.undone ? `${t("history.undone")} · ` : "", one.by ? `${one.by} · ` : "", clock(one.at)),
  );
}

customElements.define("cmps-history", History);

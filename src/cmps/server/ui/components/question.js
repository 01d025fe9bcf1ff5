// Why: the one question whose answer helps most, with answers a witness gives at once.

import { step } from "../actions.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { canSearch } from "../roles.js";
import { Component, state } from "../store.js";

class Question extends Component {
  static shows = ["results", "session", "case", "me"];

  view() {
    const one = state.results?.question;
    if (!one || !canSearch()) return null;
    const answer = (to) => () => step("answer", { chip: one.chip, answer: to });
    return h(
      "section",
      { class: "block question", "aria-labelledby": "question-title" },
      h("h2", { id: "question-title" }, icon("question", 18), t("question.title")),
      h("p", { class: "asked", lang: state.session.language }, one.words),
      h("div", { class: "row answers" },
        h("button", { onclick: answer("yes") }, t("question.yes")),
        h("button", { onclick: answer("no") }, t("question.no")),
        h("button", { onclick: answer("unknown") }, t("question.unknown"))),
    );
  }
}

customElements.define("cmps-question", Question);

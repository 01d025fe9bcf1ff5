// Why: the one question whose answer helps most: one of yes or no with its answers to press, an open
// one with a field for the witness's words.

import { describe, step } from "../actions.js";
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
    return h(
      "section",
      { class: "block question", "aria-labelledby": "question-title" },
      h("h2", { id: "question-title" }, icon("question", 18), t("question.title")),
      h("p", { class: "asked", id: "question-asked", lang: state.session.language }, one.words),
      one.about ? this.open(one) : this.choice(one),
    );
  }

  choice(one) {
    const answer = (to) => () => step("answer", { chip: one.chip, answer: to });
    return h("div", { class: "row answers" },
      h("button", { onclick: answer("yes") }, t("question.yes")),
      h("button", { onclick: answer("no") }, t("question.no")),
      h("button", { onclick: answer("unknown") }, t("question.unknown")));
  }

  open(one) {
    const send = async (event) => {
      event.preventDefault();
      const field = event.target.elements.words;
      if (field.value.trim() && (await describe(field.value, false, one.about))) field.value = "";
    };
    // understood in English whatever language is spoken: it stands for a button that was pressed
    const unknown = () => step("say", { text: "I don't know", language: "en", about: one.about });
    return h("form", { class: "row answers", onsubmit: send },
      h("input", { name: "words", maxlength: 2000, autocomplete: "off", "aria-labelledby": "question-asked" }),
      h("button", null, t("question.answer")),
      h("button", { type: "button", class: "unknown", onclick: unknown }, t("question.unknown")),
      h("small", null, t("question.speak")));
  }
}

customElements.define("cmps-question", Question);

// Why: nothing is searched without a purpose. The form for a new case comes first, since somebody
// who is missing comes first; the cases that run stand below.

import { openCase } from "../actions.js";
import { h } from "../dom.js";
import { moment, t, tn } from "../i18n.js";
import { may } from "../roles.js";
import { Component, state } from "../store.js";

class Cases extends Component {
  static shows = ["cases", "me"];
  static needs = ["me"];
  wrong = "";

  view() {
    return h(
      "section",
      { class: "page" },
      h("h1", { tabindex: "-1" }, t("cases.title")),
      may("operator") ? this.form() : h("p", { class: "hint" }, t("cases.viewer")),
      this.list(),
    );
  }

  form() {
    return h(
      "form",
      { class: "panel new-case", onsubmit: (event) => this.open(event) },
      h("h2", null, t("cases.new")),
      h("label", null, t("cases.purpose"),
        h("textarea", { name: "purpose", required: true, rows: 2, maxlength: 2000, placeholder: t("cases.example"), "aria-describedby": "why" })),
      h("p", { class: "hint", id: "why" }, t("cases.why")),
      h("div", { class: "row" },
        h("label", { class: "inline" }, t("cases.keep"),
          h("input", { name: "keep", type: "number", min: 1, max: 3650, inputmode: "numeric", placeholder: t("cases.usual") })),
        h("button", { class: "primary" }, t("cases.open"))),
      h("p", { class: "wrong", role: "alert" }, this.wrong),
    );
  }

  list() {
    if (!state.cases) return h("p", { role: "status" }, t("loading"));
    if (!state.cases.length) return h("p", { class: "empty" }, t("cases.none"));
    return h("ul", { class: "cases" }, ...state.cases.map((one) => h("li", { key: one.id }, entry(one))));
  }

  async open(event) {
    event.preventDefault();
    const { purpose, keep } = Object.fromEntries(new FormData(event.target));
    try {
      await openCase(purpose.trim(), Number(keep) || null);
    } catch (error) {
      this.wrong = error.message || t("error.offline");
      this.redraw();
    }
  }
}

function entry(one) {
  const searches = one.sessions?.length ?? 0;
  return h(
    "a",
    { class: "case", href: `#/case/${one.id}` },
    h("span", { class: `state ${one.closed_at ? "closed" : "running"}` }, one.closed_at ? t("case.closed") : t("case.running")),
    h("strong", null, one.purpose),
    h("small", null, t("cases.opened", { name: one.opened_by || "–", time: moment(one.opened_at) }), " · ", tn("cases.searches", searches)),
  );
}

customElements.define("cmps-cases", Cases);

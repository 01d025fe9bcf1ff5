// Why: what this search is for, who else is in it and what is still to be confirmed stay in sight
// all the time; the report and closing are here, where the case is named.

import { post } from "../api.js";
import { excuse, newSession, readCase } from "../actions.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { may } from "../roles.js";
import { address, go } from "../routes.js";
import { Component, set, state } from "../store.js";

class CaseBar extends Component {
  static shows = ["case", "here", "session", "route", "me", "menu"];
  static needs = ["me"];

  view() {
    const { case: one } = state;
    if (!one) return h("div", { class: "case-bar" }, h("p", { role: "status" }, t("loading")));
    const open = (one.confirmations ?? []).filter((each) => each.agreed === null).length;
    return h(
      "div",
      { class: `case-bar ${state.menu ? "open" : ""}` },
      h("h1", { tabindex: "-1", title: one.purpose }, one.purpose),
      one.closed_at && h("span", { class: "state closed" }, t("case.closed")),
      this.searches(one),
      this.people(),
      h("div", { class: "case-acts" },
        h("button", { class: open ? "strong" : "", onclick: () => set({ dialog: { kind: "confirmations" } }) },
          icon("people", 18), h("span", { class: "words" }, t("confirm.title")), open > 0 && h("span", { class: "count" }, open, h("span", { class: "hidden" }, t("confirm.open")))),
        h("a", { class: "button", href: reportOf(one) }, icon("print", 18), h("span", { class: "words" }, t("report.title"))),
        may("operator") && !one.closed_at && h("button", { class: "quiet", onclick: close }, t("case.close"))),
    );
  }

  searches(one) {
    const choose = (event) => {
      if (event.target.value) go({ view: "case", case: one.id, session: event.target.value });
      else newSession(one.id).catch(excuse);
    };
    const options = (one.sessions ?? []).map((each, n) => h("option", { value: each.id, key: each.id }, t("case.search", { n: n + 1 })));
    return h("label", { class: "searches" },
      h("span", { class: "hidden" }, t("case.searches")),
      h("select", { onchange: choose, value: state.route.session }, ...options,
        may("operator") && !one.closed_at && h("option", { value: "" }, t("case.new-search"))));
  }

  people() {
    const names = [...new Set(state.here)];
    if (!names.length) return null;
    return h("ul", { class: "here", "aria-label": t("case.here") },
      ...names.map((name) => h("li", { key: name, title: name, class: name === state.me.name ? "self" : "" }, name)));
  }
}

/** The report prints the track as it was corrected here, and leads back to this search. */
function reportOf(one) {
  const { session, query } = state.route;
  return address({ view: "report", case: one.id, query: { ...Object.fromEntries(query), session } });
}

async function close() {
  if (!confirm(t("case.sure"))) return;
  try {
    await post(`/cases/${state.route.case}/close`);
    await readCase();
  } catch (error) {
    excuse(error);
  }
}

customElements.define("cmps-case-bar", CaseBar);

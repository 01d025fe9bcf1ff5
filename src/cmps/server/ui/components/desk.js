// Why: the three columns of the paper's Figure 3: what is asked, who is found, where they went. On
// a laptop the last two share a column, on a phone all three, behind tabs.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { canSearch } from "../roles.js";
import { Component, set, state } from "../store.js";
import "./ask.js";
import "./chips.js";
import "./filters.js";
import "./history.js";
import "./people.js";
import "./question.js";
import "./shortlist.js";
import "./track.js";
import "./watch.js";

const TABS = [["ask", "tab.ask"], ["people", "tab.people"], ["track", "tab.way"]];

class Desk extends Component {
  static shows = ["tab", "session", "results", "track", "case", "me"];

  view() {
    const { tab, session } = state;
    const ask = canSearch();
    return h(
      "div",
      { class: "desk", "data-tab": tab },
      h("nav", { class: "tabs", "aria-label": t("tabs") }, ...TABS.map(([name, key]) => this.tab(name, key))),
      h(
        "section",
        { class: "column ask", "aria-label": t("tab.ask") },
        session && ask && h("cmps-ask", { key: "ask" }),
        session && !ask && h("p", { class: "hint panel", key: "only" }, state.case?.closed_at ? t("ask.closed") : t("ask.viewer")),
        session && h("cmps-question", { key: "question" }),
        session && h("cmps-chips", { key: "chips" }),
        session && h("cmps-filters", { key: "filters" }),
        session && h("cmps-history", { key: "history" }),
        session && h("cmps-watch", { key: `watch-${session.id}` }),
      ),
      h("section", { class: "column found", "aria-label": t("tab.people") }, h("cmps-people", { key: "people" })),
      h("section", { class: "column way", "aria-label": t("tab.track") },
        session && h("cmps-shortlist", { key: "shortlist" }), session && h("cmps-track", { key: "track" })),
    );
  }

  tab(name, key) {
    const count = { people: state.results?.people.length, track: state.session?.ticked.length }[name];
    return h("button", { class: `tab-${name}`, "aria-pressed": String(state.tab === name), onclick: () => set({ tab: name }) },
      t(key), count > 0 && h("span", { class: "count" }, count));
  }
}

customElements.define("cmps-desk", Desk);

// Why: what just happened, in one corner for eyes and in a live region for screen readers. The
// regions are always there: one that appears together with its words is not read out.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { Component, set, state } from "../store.js";

class Notices extends Component {
  static shows = ["notice"];

  view() {
    const bad = state.notice?.kind === "error";
    return [
      h("div", { class: "notices", role: "status", key: "info" }, !bad && note()),
      h("div", { class: "notices", role: "alert", key: "error" }, bad && note()),
    ];
  }
}

function note() {
  const { notice } = state;
  return notice && h(
    "div",
    { class: `notice ${notice.kind}`, key: notice.id },
    h("p", null, notice.text),
    h("button", { class: "quiet", onclick: () => set({ notice: null }), "aria-label": t("close") }, "×"),
  );
}

customElements.define("cmps-notices", Notices);

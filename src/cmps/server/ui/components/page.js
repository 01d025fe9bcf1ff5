// Why: which view is shown, and the few things that lie around every view: the way past the top
// bar for keyboards, the notices, the dialogs.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { may } from "../roles.js";
import { Component, set, state } from "../store.js";
import "./account.js";
import "./audit.js";
import "./case-bar.js";
import "./cases.js";
import "./desk.js";
import "./dialogs.js";
import "./login.js";
import "./notices.js";
import "./report.js";
import "./top.js";
import "./users.js";

const TITLES = { cases: "cases.title", report: "report.title", users: "users.title", account: "account.title", audit: "audit.title" };

class Page extends Component {
  static shows = ["me", "route", "failure", "case", "offline"];

  view() {
    if (!state.words || state.me === null) return [h("p", { class: "waiting", role: "status" }, "…")];
    return [
      h("a", { class: "skip", href: "#main", onclick: skip }, t("skip")),
      state.me && h("cmps-top", { key: "top" }),
      state.offline && h("p", { class: "offline", role: "alert", key: "offline" }, t("error.offline")),
      h("main", { id: "main", tabindex: "-1", key: "main", class: `view-${state.me ? state.route.view : "login"}` }, this.inside()),
      h("cmps-dialogs", { key: "dialogs" }),
      h("cmps-notices", { key: "notices" }),
    ];
  }

  inside() {
    const { me, route, failure } = state;
    if (!me) return h("cmps-login", { key: "login" });
    if (failure) return this.failed(failure);
    if (route.view === "case") return [h("cmps-case-bar", { key: "bar" }), h("cmps-desk", { key: "desk" })];
    if (route.view === "report") return h("cmps-report", { key: route.case });
    if (route.view === "users" && may("admin")) return h("cmps-users", { key: "users" });
    if (route.view === "audit" && may("reviewer")) return h("cmps-audit", { key: "audit" });
    if (route.view === "account") return h("cmps-account", { key: "account" });
    return h("cmps-cases", { key: "cases" });
  }

  failed(failure) {
    return h(
      "section",
      { class: "page failed", key: "failed", role: "alert" },
      h("h1", null, t("error.title")),
      h("p", null, failure.text.startsWith("error.") ? t(failure.text) : failure.text),
      h(
        "p",
        { class: "row" },
        failure.again && h("button", { class: "primary", onclick: failure.again }, t("error.again")),
        h("a", { class: "button", href: "#/cases", onclick: () => set({ failure: null }) }, t("cases.back")),
      ),
    );
  }

  after() {
    const { view } = state.route;
    const name = view === "case" ? (state.case?.purpose ?? "").slice(0, 60) : state.words && t(TITLES[view] ?? "cases.title");
    document.title = state.me && name ? `${name} – CMPS` : "CMPS";
  }
}

function skip(event) {
  event.preventDefault();
  const target = document.querySelector("article.person[tabindex='0'], #describe, main h1, main input") ?? document.querySelector("main");
  target.focus();
}

customElements.define("cmps-page", Page);

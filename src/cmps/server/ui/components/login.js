// Why: the door. The first start comes with a one-time link (#/setup/LINK) that makes the first
// administrator; there is no password to begin with.

import { post, trust } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { go } from "../routes.js";
import { Component, set, state } from "../store.js";
import { language } from "./top.js";

class Login extends Component {
  static shows = ["route", "prefs"];
  wrong = "";

  view() {
    const first = state.route.view === "setup";
    return h(
      "section",
      { class: "door" },
      h("div", { class: "door-head" },
        h("img", { src: "/ui/icon.svg", alt: "", width: 40, height: 40 }),
        h("h1", null, first ? t("setup.title") : t("login.title")),
        h("p", null, first ? t("setup.why") : t("login.why"))),
      h(
        "form",
        { onsubmit: (event) => this.enter(event, first) },
        h("label", null, t("login.name"),
          h("input", { name: "name", autocomplete: "username", required: true, autofocus: true, spellcheck: "false", autocapitalize: "none" })),
        h("label", null, t("login.password"),
          h("input", { name: "password", type: "password", required: true, minlength: first ? "12" : null,
            autocomplete: first ? "new-password" : "current-password", "aria-describedby": first ? "rule" : null })),
        first && h("p", { id: "rule", class: "hint" }, t("setup.rule")),
        h("p", { class: "wrong", role: "alert" }, this.wrong),
        h("button", { class: "primary wide" }, first ? t("setup.go") : t("login.go")),
      ),
      h("div", { class: "door-foot" }, language(), h("p", { class: "decides" }, t("decides"))),
    );
  }

  started() {
    setTimeout(() => this.querySelector("input")?.focus());
  }

  async enter(event, first) {
    event.preventDefault();
    const { name, password } = Object.fromEntries(new FormData(event.target));
    const button = event.target.querySelector("button");
    button.disabled = true;
    try {
      const me = first
        ? await post("/setup", { link: state.route.link, name, password })
        : await post("/login", { name, password });
      trust(me.csrf);
      if (first) go({ view: "cases" });
      set({ me });
    } catch (error) {
      this.wrong = reason(error, first);
      this.redraw();
      this.querySelector("input[name=password]")?.select();
    } finally {
      button.disabled = false;
    }
  }
}

function reason(error, first) {
  if (error.status === 0) return t("error.offline");
  if (error.status === 429) return t("login.often", { n: error.retryAfter || 60 });
  if (!first && (error.status === 401 || error.status === 403)) return t("login.wrong");
  return error.message || t("error.unknown");
}

customElements.define("cmps-login", Login);

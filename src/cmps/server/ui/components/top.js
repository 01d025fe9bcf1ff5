// Why: where am I, who am I, and the way to everything else; language and theme are one click away
// for whoever sits down at this machine next.

import { post, trust } from "../api.js";
import { h } from "../dom.js";
import { LANGUAGES, chosen, speak, t } from "../i18n.js";
import { icon } from "../icons.js";
import { may } from "../roles.js";
import { Component, prefer, set, state } from "../store.js";

class Top extends Component {
  static shows = ["me", "route", "prefs", "menu"];
  static needs = ["me"];

  view() {
    const { view } = state.route;
    const link = (to, key) =>
      h("a", { href: `#/${to}`, "aria-current": view === to ? "page" : null, class: "nav" }, t(key));
    return h(
      "header",
      { class: "top" },
      h("a", { class: "brand", href: "#/cases" }, h("img", { src: "/ui/icon.svg", alt: "", width: 24, height: 24 }), h("span", { class: "words" }, "CMPS")),
      h(
        "nav",
        { "aria-label": t("top.nav") },
        link("cases", "cases.title"),
        may("reviewer") && link("audit", "audit.title"),
        may("admin") && link("users", "users.title"),
      ),
      h("p", { class: "decides" }, icon("eye", 16), h("span", null, t("decides"))),
      h("button", { class: "quiet menu", "aria-expanded": String(Boolean(state.menu)), "aria-controls": "settings", onclick: () => set({ menu: !state.menu }), "aria-label": t("top.menu"), title: t("top.menu") }, icon("menu")),
      h(
        "div",
        { class: `settings ${state.menu ? "open" : ""}`, id: "settings" },
        language(),
        h(
          "button",
          { class: "quiet", onclick: turn, title: t("top.theme"), "aria-label": `${t("top.theme")}: ${t(`theme.${state.prefs.theme || "auto"}`)}` },
          icon("theme"),
        ),
        view === "case" && h(
          "button",
          { class: "quiet", onclick: () => set({ dialog: { kind: "help" } }), "aria-label": t("top.keys"), title: `${t("top.keys")} (?)` },
          icon("key"),
        ),
        h("a", { class: "nav me", href: "#/account", "aria-current": view === "account" ? "page" : null, title: t("account.title") },
          state.me.name, h("small", null, t(`role.${state.me.role}`))),
        h("button", { class: "quiet", onclick: leave }, t("top.logout")),
      ),
    );
  }
}

/** The choice of the interface's language. */
export function language() {
  const choose = (event) => {
    prefer({ language: event.target.value });
    speak();
  };
  return h(
    "label",
    { class: "language" },
    h("span", { class: "hidden" }, t("top.language")),
    h("select", { onchange: choose, value: chosen() },
      ...Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code }, name))),
  );
}

function turn() {
  const order = ["", "light", "dark"];
  prefer({ theme: order[(order.indexOf(state.prefs.theme) + 1) % 3] });
}

async function leave() {
  await post("/logout").catch(() => null);
  trust("");
  set({ me: false, case: null, session: null, results: null, track: null, cases: null, cameras: [] });
}

customElements.define("cmps-top", Top);

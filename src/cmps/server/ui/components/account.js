// Why: one's own password, and tokens for programs that search on one's behalf.

import { list, post, remove, trust } from "../api.js";
import { excuse } from "../actions.js";
import { h } from "../dom.js";
import { moment, t } from "../i18n.js";
import { Component, say, set, state } from "../store.js";

class Account extends Component {
  tokens = [];
  fresh = "";
  wrong = "";

  view() {
    return h(
      "section",
      { class: "page" },
      h("h1", { tabindex: "-1" }, t("account.title")),
      h("p", null, t("account.who", { name: state.me.name, role: t(`role.${state.me.role}`) })),
      h("form", { class: "panel", onsubmit: (event) => this.password(event) },
        h("h2", null, t("account.password")),
        h("input", { type: "text", name: "username", autocomplete: "username", value: state.me.name, class: "hidden", tabindex: "-1", "aria-hidden": "true", readonly: true }),
        h("div", { class: "pair" },
          h("label", null, t("account.old"), h("input", { name: "old", type: "password", required: true, autocomplete: "current-password" })),
          h("label", null, t("account.new"), h("input", { name: "new", type: "password", required: true, minlength: 12, autocomplete: "new-password", "aria-describedby": "rule" }))),
        h("p", { class: "hint", id: "rule" }, t("setup.rule"), " ", t("account.again")),
        h("p", { class: "wrong", role: "alert" }, this.wrong),
        h("button", { class: "primary" }, t("account.change"))),
      h("section", { class: "panel" },
        h("h2", null, t("tokens.title")),
        h("p", { class: "hint" }, t("tokens.why")),
        this.fresh && h("div", { class: "fresh", role: "status" }, h("p", null, t("tokens.once")), h("code", { tabindex: "0" }, this.fresh)),
        this.tokens.length > 0 && h("table", { class: "list" },
          h("thead", null, h("tr", null, ...["tokens.label", "tokens.until", "users.acts"].map((key) => h("th", { scope: "col" }, t(key))))),
          h("tbody", null, ...this.tokens.map((one) => h("tr", { key: one.id }, h("th", { scope: "row" }, one.label), h("td", null, moment(one.expires)),
            h("td", null, h("button", { class: "quiet", onclick: () => this.revoke(one.id), "aria-label": t("tokens.revoke-n", { label: one.label }) }, t("tokens.revoke"))))))),
        h("form", { class: "row", onsubmit: (event) => this.make(event) },
          h("label", { class: "inline" }, t("tokens.label"), h("input", { name: "label", required: true, maxlength: 100 })),
          h("label", { class: "inline" }, t("tokens.days"), h("input", { name: "days", type: "number", min: 1, max: 365, value: "30", required: true })),
          h("button", null, t("tokens.make")))),
    );
  }

  started() {
    this.read();
  }

  async read() {
    this.tokens = await list("/tokens").catch(() => []);
    this.redraw();
  }

  async make(event) {
    event.preventDefault();
    const { label, days } = Object.fromEntries(new FormData(event.target));
    try {
      this.fresh = (await post("/tokens", { label, days: Number(days) })).token;
      event.target.reset();
    } catch (error) {
      excuse(error);
    }
    this.read();
  }

  async revoke(id) {
    await remove(`/tokens/${id}`).catch(excuse);
    this.read();
  }

  async password(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    try {
      await post("/me/password", { old: form.get("old"), new: form.get("new") });
      say(t("account.changed"));
      trust("");
      set({ me: false });
    } catch (error) {
      this.wrong = error.message || t("error.offline");
      this.redraw();
    }
  }
}

customElements.define("cmps-account", Account);

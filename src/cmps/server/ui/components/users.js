// Why: an administrator lets people in, says what they may do and which cameras they may see.

import { change, list, post, remove } from "../api.js";
import { excuse } from "../actions.js";
import "./cameras.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { ROLES } from "../roles.js";
import { Component, say, state } from "../store.js";

class Users extends Component {
  users = null;
  cameras = [];
  wrong = "";

  view() {
    return h(
      "section",
      { class: "page" },
      h("h1", { tabindex: "-1" }, t("users.title")),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("users.title") },
        h("table", { class: "list" },
          h("thead", null, h("tr", null, ...["users.name", "users.role", "users.cameras", "users.acts"].map((key) => h("th", { scope: "col" }, t(key))))),
          h("tbody", null, ...(this.users ?? []).map((one) => this.line(one))))),
      this.form(),
      h("cmps-cameras", { key: "cameras" }),
    );
  }

  line(one) {
    const self = one.name === state.me.name;
    return h(
      "tr",
      { key: one.name },
      h("th", { scope: "row" }, one.name),
      h("td", null, h("select", { value: one.role, disabled: self, "aria-label": t("users.role-of", { name: one.name }), onchange: (event) => this.try(() => change(`/users/${encodeURIComponent(one.name)}`, { role: event.target.value })) },
        ...ROLES.map((role) => h("option", { value: role }, t(`role.${role}`))))),
      h("td", null, one.cameras ? one.cameras.join(", ") || t("users.no-camera") : t("users.all-cameras")),
      h("td", null, !self && h("button", { class: "quiet", onclick: () => confirm(t("users.sure", { name: one.name })) && this.try(() => remove(`/users/${encodeURIComponent(one.name)}`)) }, t("users.remove"))),
    );
  }

  form() {
    return h(
      "form",
      { class: "panel", onsubmit: (event) => this.add(event) },
      h("h2", null, t("users.new")),
      h("div", { class: "pair" },
        h("label", null, t("users.name"), h("input", { name: "name", required: true, maxlength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: "false" })),
        h("label", null, t("users.password"), h("input", { name: "password", type: "password", required: true, minlength: 12, autocomplete: "new-password", "aria-describedby": "rule" })),
        h("label", null, t("users.role"), h("select", { name: "role", value: "operator" }, ...ROLES.map((role) => h("option", { value: role }, t(`role.${role}`)))))),
      h("p", { class: "hint", id: "rule" }, t("setup.rule")),
      this.cameras.length > 0 && h("details", null, h("summary", null, t("users.limit")),
        h("fieldset", { class: "cameras" }, h("legend", { class: "hidden" }, t("users.cameras")),
          ...this.cameras.map((one) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "camera", value: one.id }), one.name || one.id)))),
      h("p", { class: "wrong", role: "alert" }, this.wrong),
      h("button", { class: "primary" }, t("users.add")),
      h("ul", { class: "hint roles" }, ...ROLES.map((role) => h("li", null, h("strong", null, t(`role.${role}`)), " ", t(`role.${role}-may`)))),
    );
  }

  async started() {
    await this.read();
    this.cameras = await list("/cameras").catch(() => []);
    this.redraw();
  }

  async read() {
    try {
      this.users = await list("/users");
    } catch (error) {
      excuse(error);
    }
    this.redraw();
  }

  async try(act) {
    try {
      await act();
      say(t("saved"));
    } catch (error) {
      excuse(error);
    }
    await this.read();
  }

  async add(event) {
    event.preventDefault();
    const form = event.target;
    const data = new FormData(form);
    const cameras = data.getAll("camera");
    const { name, password, role } = Object.fromEntries(data);
    try {
      await post("/users", { name, password, role, cameras: cameras.length ? cameras : null });
      this.wrong = "";
      form.reset();
      say(t("users.added", { name }));
    } catch (error) {
      this.wrong = error.message || t("error.unknown");
    }
    await this.read();
  }
}

customElements.define("cmps-users", Users);

// Why: an administrator names the cameras, says where they stand and how long they are kept.

import { change, list } from "../api.js";
import { excuse } from "../actions.js";
import { h } from "../dom.js";
import { number, t } from "../i18n.js";
import { Component, say, set } from "../store.js";

class Cameras extends Component {
  cameras = [];

  view() {
    return h(
      "section",
      { class: "block-plain" },
      h("h2", null, t("users.cameras")),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("users.cameras") },
        h("table", { class: "list" },
          h("thead", null, h("tr", null, ...["cameras.id", "cameras.name", "cameras.site", "cameras.keep", "cameras.pictures"].map((key) => h("th", { scope: "col" }, t(key))))),
          h("tbody", null, ...this.cameras.map((one) => this.line(one))))),
      h("p", { class: "hint" }, t("cameras.why")),
    );
  }

  line(one) {
    const field = (name, more) => h("input", { value: one[name] ?? "", "aria-label": `${t(`cameras.${name === "keep_days" ? "keep" : name}`)}: ${one.id}`, onchange: (event) => this.save(one, name, event.target.value), ...more });
    return h("tr", { key: one.id },
      h("th", { scope: "row" }, one.id),
      h("td", null, field("name", { maxlength: 200 })),
      h("td", null, field("site", { maxlength: 200 })),
      h("td", null, field("keep_days", { type: "number", min: 1, max: 36500, placeholder: t("cameras.always") })),
      h("td", null, number(one.sightings)));
  }

  started() {
    this.read();
  }

  async read() {
    this.cameras = await list("/cameras").catch((error) => excuse(error) ?? []);
    set({ cameras: this.cameras });
    this.redraw();
  }

  async save(one, name, value) {
    const given = name === "keep_days" ? Number(value) || null : value.trim();
    try {
      await change(`/cameras/${encodeURIComponent(one.id)}`, { [name]: given });
      say(t("saved"));
    } catch (error) {
      excuse(error);
    }
    await this.read();
  }
}

customElements.define("cmps-cameras", Cameras);

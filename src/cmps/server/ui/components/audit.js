// Why: a reviewer sees who looked at what and why; the chain of rows can be checked here too.

import { get, path } from "../api.js";
import { excuse } from "../actions.js";
import { h } from "../dom.js";
import { moment, number, t } from "../i18n.js";
import { may } from "../roles.js";
import { Component, state } from "../store.js";

class Audit extends Component {
  rows = null;
  verified = "";
  asked = {};

  view() {
    const field = (name) => h("label", { class: "inline" }, t(`audit.${name}`), h("input", { name, value: this.asked[name] ?? "" }));
    return h(
      "section",
      { class: "page wide" },
      h("h1", { tabindex: "-1" }, t("audit.title")),
      h("p", { class: "hint" }, t("audit.why")),
      h("form", { class: "row", onsubmit: (event) => this.ask(event) }, field("case"), field("user"), h("button", { class: "primary" }, t("audit.show")),
        may("admin") && h("button", { type: "button", onclick: () => this.verify() }, t("audit.verify"))),
      h("p", { role: "status" }, this.verified),
      this.rows && h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("audit.title") },
        h("table", { class: "list" },
          h("thead", null, h("tr", null, ...["number", "time", "user", "did", "case", "detail"].map((name) => h("th", { scope: "col" }, t(`audit.${name}`))))),
          h("tbody", null, ...this.rows.map(line)))),
      this.rows?.length === 0 && h("p", null, t("audit.none")),
    );
  }

  started() {
    this.read();
  }

  async ask(event) {
    event.preventDefault();
    this.asked = Object.fromEntries(new FormData(event.target));
    await this.read();
  }

  async read() {
    try {
      const answer = await get(path("/audit", { ...this.asked, limit: 200 }));
      this.rows = answer.rows;
    } catch (error) {
      excuse(error);
    }
    this.redraw();
  }

  async verify() {
    try {
      const answer = await get("/audit/verify");
      this.verified = answer.sound ? t("audit.whole", { n: number(answer.rows) }) : `${t("audit.broken")} ${answer.problems.join("; ")}`;
    } catch (error) {
      this.verified = error.message || t("error.unknown");
    }
    this.redraw();
  }
}

function line(one) {
  const detail = { ...(one.detail ?? {}) };
  const sightings = one.sightings?.length ? [`${one.sightings.slice(0, 3).join(" ")}${one.sightings.length > 3 ? ` +${one.sightings.length - 3}` : ""}`] : [];
  const words = [...sightings, ...Object.entries(detail).map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : value}`)];
  const id = one.case ?? "";
  return h("tr", { key: one.number },
    h("td", null, one.number), h("td", null, moment(one.at)), h("td", null, one.by), h("td", null, one.kind),
    h("td", null, id && h("a", { href: `#/case/${id}` }, id)), h("td", { class: "detail" }, words.join(" · ")));
}

customElements.define("cmps-audit", Audit);

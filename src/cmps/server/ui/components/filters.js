// Why: "only the north hall, after two o'clock" must be quick to say. What applies is written out
// even while the form is closed, because a forgotten filter hides the person.

import { step } from "../actions.js";
import { h } from "../dom.js";
import { moment, t, tn } from "../i18n.js";
import { icon } from "../icons.js";
import { canSearch } from "../roles.js";
import { Component, say, state } from "../store.js";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

class Filters extends Component {
  static shows = ["session", "cameras", "case", "me"];
  static needs = ["session"];

  view() {
    const { where } = state.session;
    const said = inWords(where);
    return h(
      "section",
      { class: "block filters" },
      h("details", null,
        h("summary", null, icon("filter", 18), h("span", null, t("filters.title")), h("small", null, said.length ? tn("filters.active", said.length) : t("filters.none"))),
        canSearch() && this.form(where)),
      said.length > 0 && h("ul", { class: "applied", "aria-label": t("filters.applied") }, ...said.map((text) => h("li", null, text))),
      said.length > 0 && canSearch() && h("button", { class: "link", onclick: everywhere }, t("filters.everywhere")),
    );
  }

  form(where) {
    const sites = [...new Set(state.cameras.map((one) => one.site).filter(Boolean))].sort();
    const window = where.windows?.[0] ?? {};
    // a new key after each step: the form then shows what holds, not what was typed before
    return h(
      "form",
      { onsubmit: apply, key: JSON.stringify(where) },
      sites.length > 1 && h("fieldset", null, h("legend", null, t("filters.sites")), ...sites.map((name) => box("site", name, name, where.sites))),
      h("fieldset", { class: "cameras" }, h("legend", null, t("filters.cameras")),
        ...state.cameras.map((one) => box("camera", one.id, one.name || one.id, where.cameras, one.sightings))),
      h("div", { class: "pair" },
        h("label", null, t("filters.after"), h("input", { type: "datetime-local", name: "after", step: 1, value: local(where.after) })),
        h("label", null, t("filters.before"), h("input", { type: "datetime-local", name: "before", step: 1, value: local(where.before) }))),
      h("fieldset", null, h("legend", null, t("filters.daily")),
        h("div", { class: "pair" },
          h("label", null, t("filters.start"), h("input", { type: "time", name: "start", value: window.start ?? "" })),
          h("label", null, t("filters.end"), h("input", { type: "time", name: "end", value: window.end ?? "" })),
          h("label", null, t("filters.first"), h("input", { type: "date", name: "first", value: window.first ?? "" })),
          h("label", null, t("filters.last"), h("input", { type: "date", name: "last", value: window.last ?? "" }))),
        h("p", { class: "hint" }, t("filters.zone", { zone: window.zone ?? ZONE }))),
      h("button", { class: "primary" }, t("filters.apply")),
    );
  }
}

function box(name, value, words, chosen, count) {
  return h("label", { class: "check" },
    h("input", { type: "checkbox", name, value, checked: (chosen ?? []).includes(value) }), words,
    count !== undefined && h("small", null, count));
}

/** What a filter says, one line each. */
export function inWords(where) {
  if (!where) return [];
  const names = (where.cameras ?? []).map((id) => state.cameras.find((one) => one.id === id)?.name || id);
  return [
    names.length > 0 && names.join(", "),
    where.sites?.length > 0 && where.sites.join(", "),
    where.after && t("filters.said-after", { time: moment(where.after) }),
    where.before && t("filters.said-before", { time: moment(where.before) }),
    ...(where.windows ?? []).map((one) => `${one.start}–${one.end}, ${one.first}${one.last === one.first ? "" : `–${one.last}`} (${one.zone})`),
  ].filter(Boolean);
}

function local(time) {
  if (!time) return "";
  const at = new Date(time);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

function apply(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const { start, end, first, last } = Object.fromEntries(form);
  if ([start, end, first].some(Boolean) && ![start, end, first].every(Boolean)) return say(t("filters.incomplete"), "error");
  const time = (name) => (form.get(name) ? new Date(form.get(name)).toISOString() : null);
  const windows = start ? [{ start, end, first, last: last || first, zone: ZONE }] : [];
  return step("look", { where: { cameras: form.getAll("camera"), sites: form.getAll("site"), after: time("after"), before: time("before"), windows } });
}

/** Look at all cameras and times again. */
export function everywhere() {
  return step("look", { where: { cameras: [], sites: [], after: null, before: null, windows: [] } });
}

customElements.define("cmps-filters", Filters);

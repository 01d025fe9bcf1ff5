// Why: the candidates, large, best first. When the order changes each card glides to its new place
// and keeps the focus, so that eyes and keys stay with the same person.

import { more, noneOfThese, undo, unmarked } from "../actions.js";
import { h } from "../dom.js";
import { number, t, tn } from "../i18n.js";
import { canSearch } from "../roles.js";
import { Component, prefer, set, state } from "../store.js";
import { moves } from "../theme.js";
import { card } from "./card.js";
import { everywhere } from "./filters.js";

const SIZES = { min: 112, max: 320, step: 8 };

class People extends Component {
  static shows = ["results", "session", "selected", "prefs", "busy", "case", "me"];

  view() {
    const { results, session } = state;
    return [
      this.bar(),
      h("p", { class: "hidden", role: "status", key: "count" }, results && !state.busy ? this.counted() : null),
      this.thin(),
      results?.people.length
        ? h("div", { class: "people", key: "people", role: "list", "aria-label": t("people.title"), "aria-busy": String(state.busy > 0),
            style: { "--card": `${state.prefs.size / 16}rem` }, onkeydown: (event) => this.walk(event), onfocusin: (event) => this.select(event) },
            ...results.people.map((one, n) => card(one, this.isFirst(one, n))))
        : this.nobody(session, results),
      results?.people.length >= state.top && h("button", { class: "more", key: "more", onclick: more }, t("people.more")),
    ];
  }

  bar() {
    const { results } = state;
    return h(
      "div",
      { class: "bar", key: "bar" },
      h("p", { class: "count-words" }, results?.people.length ? this.counted() : ""),
      results?.people.length > 0 && state.prefs.letters && !state.case?.closed_at && h("p", { class: "letters", "aria-hidden": "true" }, letters()),
      h("p", { class: `spin ${state.busy ? "on" : ""}`, "aria-hidden": "true" }),
      canSearch() && unmarked().length > 1 && h("button", { class: "none-of", onclick: noneOfThese, title: `${t("key.none")} (X)` }, tn("people.none-of", unmarked().length)),
      canSearch() && state.session?.can_undo && h("button", { class: "quiet undo-last", onclick: undo }, t("history.undo")),
      h("label", { class: "size" }, h("span", null, t("people.size")),
        h("input", { type: "range", ...SIZES, value: String(state.prefs.size), oninput: (event) => prefer({ size: Number(event.target.value) }) })),
    );
  }

  counted() {
    const { people, passing, gallery } = state.results;
    if (passing < gallery) return `${tn("people.count", people.length)} · ${t("people.passing", { passing: number(passing), gallery: number(gallery) })}`;
    return `${tn("people.count", people.length)} · ${tn("people.gallery", gallery)}`;
  }

  thin() {
    const { results, session } = state;
    if (!results?.thin || !results.people.length || !session.steps.length) return null;
    return h("p", { class: "thin", key: "thin", role: "note" }, h("strong", null, t("thin.title")), " ", thinWords(results.thin));
  }

  nobody(session, results) {
    if (!session || !results) return h("div", { class: "people skeleton", key: "wait", role: "status", "aria-label": t("loading"), style: { "--card": `${state.prefs.size / 16}rem` } }, ...Array(12).fill(0).map(() => h("div", { class: "bone" })));
    const filtered = results.passing < results.gallery || results.passing === 0;
    if (results.gallery === 0) return empty("people.no-gallery", "people.no-gallery-why");
    if (filtered && results.passing === 0) return empty("people.none", "people.none-why", canSearch() && h("button", { class: "primary", onclick: everywhere }, t("filters.everywhere")));
    if (!session.steps.some((one) => !one.undone)) return canSearch() ? this.welcome() : empty("people.start", "people.start-viewer");
    return empty("people.none", "thin.nobody", canSearch() && h("button", { onclick: undo }, t("history.undo")));
  }

  welcome() {
    const examples = ["people.example-1", "people.example-2", "people.example-3"];
    const fill = (text) => {
      set({ tab: "ask" });
      const box = document.querySelector("#describe");
      box.value = text;
      box.focus();
    };
    return h(
      "div",
      { class: "welcome", key: "welcome" },
      h("h2", null, t("people.start")),
      h("p", null, t("people.start-how")),
      h("ul", null, ...examples.map((key) => h("li", null, h("button", { class: "example", onclick: () => fill(t(key)) }, `“${t(key)}”`)))),
      h("p", { class: "hint" }, t("people.start-keys")),
    );
  }

  isFirst(person, n) {
    const chosen = state.results.people.some((one) => one.key === state.selected);
    return chosen ? person.key === state.selected : n === 0;
  }

  select(event) {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) set({ selected: key });
  }

  walk(event) {
    const cards = [...this.querySelectorAll("article.person")];
    const at = cards.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "Enter") {
      event.preventDefault();
      set({ dialog: { kind: "person", key: cards[at].dataset.key } });
      return;
    }
    const row = cards.filter((one) => one.offsetTop === cards[0].offsetTop).length;
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -at, End: cards.length - 1 - at }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = cards[Math.max(0, Math.min(cards.length - 1, at + by))];
    to.focus();
    to.scrollIntoView({ block: "nearest", behavior: moves() ? "smooth" : "auto" });
  }

  before() {
    this.held = this.contains(document.activeElement);
    this.shownResults ??= null;
    this.ranks = this.shownResults !== state.results && moves() ? placesOf(this) : null;
    this.shownResults = state.results;
  }

  after() {
    if (this.ranks) glide(this, this.ranks);
    // the person in focus was rejected: go on with who stands there now
    if (this.held && !this.contains(document.activeElement)) {
      const cards = this.querySelectorAll("article.person");
      cards[Math.min(this.lastPlace ?? 0, cards.length - 1)]?.focus({ preventScroll: true });
    }
    this.lastPlace = [...this.querySelectorAll("article.person")].findIndex((one) => one.contains(document.activeElement));
    this.observe();
  }

  observe() {
    this.eye ??= new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: "400px" });
    const button = this.querySelector("button.more");
    if (button === this.watched) return;
    if (this.watched) this.eye.unobserve(this.watched);
    this.watched = button;
    if (button) this.eye.observe(button);
  }

  stopped() {
    this.eye?.disconnect();
    this.eye = null;
    this.watched = null;
  }
}

function letters() {
  return [["Y", "short.tick"], ["N", "short.reject"], ["S", "short.like"], ["T", "short.track"]]
    .filter(([letter]) => canSearch() || letter === "T")
    .map(([letter, key]) => h("span", null, h("kbd", null, letter), " ", t(key)));
}

function placesOf(root) {
  const places = new Map();
  for (const one of root.querySelectorAll("article.person")) {
    const { left, top, bottom } = one.getBoundingClientRect();
    if (bottom > -600 && top < innerHeight + 600) places.set(one.dataset.key, { left, top });
  }
  return places;
}

function glide(root, before) {
  for (const one of root.querySelectorAll("article.person")) {
    const { left, top } = one.getBoundingClientRect();
    if (top > innerHeight + 600) break;
    const was = before.get(one.dataset.key);
    if (!was) one.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 180 });
    else if (was.left !== left || was.top !== top) {
      one.animate(
        [{ transform: `translate(${was.left - left}px, ${was.top - top}px)` }, { transform: "none" }],
        { duration: 260, easing: "cubic-bezier(.2, .7, .2, 1)" },
      );
    }
  }
}

function empty(title, why, act) {
  return h("div", { class: "welcome", key: title }, h("h2", null, t(title)), h("p", null, t(why)), act);
}

/** The server's reason in the reader's language. */
export function thinWords(thin) {
  if (thin.startsWith("nothing was said")) return t("thin.nothing");
  if (thin.startsWith("no sighting passes")) return t("people.none-why");
  return thin.startsWith("don't know") ? t("thin.nobody") : thin;
}

customElements.define("cmps-people", People);

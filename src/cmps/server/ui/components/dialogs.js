// Why: what needs a moment of its own: all pictures of a person, the crop sequence, the second
// person's word, the keys. One native dialog, which keeps the focus inside and gives it back.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { KEYS } from "../keys.js";
import { Component, prefer, set, state } from "../store.js";
import "./player.js";
import { confirmations, propose } from "./confirmations.js";
import { pictures } from "./person.js";

class Dialogs extends Component {
  static shows = ["dialog", "case", "session", "results", "prefs", "me", "sightings"];

  view() {
    const { dialog } = state;
    const [title, body] = dialog ? content(dialog) : ["", null];
    return h(
      "dialog",
      { class: `sheet sheet-${dialog?.kind ?? "none"}`, "aria-labelledby": "dialog-title", onclose: () => set({ dialog: null }),
        onclick: (event) => event.target === event.currentTarget && event.target.close() },
      dialog && h("div", { class: "sheet-inside", key: dialog.kind },
        h("div", { class: "block-head" }, h("h2", { id: "dialog-title", tabindex: "-1" }, title),
          h("button", { class: "quiet", onclick: () => set({ dialog: null }), "aria-label": t("close") }, "×")),
        body),
    );
  }

  after() {
    const box = this.querySelector("dialog");
    if (state.dialog && !box.open) {
      this.from = document.activeElement;
      box.showModal();
      box.querySelector("[autofocus], h2")?.focus();
    }
    if (!state.dialog && box.open) box.close();
    if (!state.dialog && this.from) {
      if (this.from.isConnected) this.from.focus({ preventScroll: true });
      this.from = null;
    }
  }
}

function content(dialog) {
  if (dialog.kind === "help") return [t("help.title"), help()];
  if (dialog.kind === "person") return pictures(dialog.key);
  if (dialog.kind === "player") return [t("track.play"), h("cmps-player", { key: "player" })];
  if (dialog.kind === "propose") return [t("confirm.ask"), propose(dialog.sighting)];
  return [t("confirm.title"), confirmations()];
}

function help() {
  return [
    h("table", { class: "keys" }, h("tbody", null, ...KEYS.map(([key, words]) =>
      h("tr", null, h("th", { scope: "row" }, h("kbd", null, key === "Space" ? t("key.space") : key)), h("td", null, t(words)))))),
    h("label", { class: "switch" },
      h("input", { type: "checkbox", role: "switch", checked: state.prefs.letters, onchange: (event) => prefer({ letters: event.target.checked }) }), t("help.letters")),
    h("p", { class: "hint" }, t("help.scores")),
    h("p", { class: "hint" }, t("decides.long")),
  ];
}

customElements.define("cmps-dialogs", Dialogs);

// Why: an operator under stress works with the keyboard alone. Letters work on the person in focus
// and can be switched off (WCAG 2.1.4); space is held to talk.

import { click, noneOfThese, redo, undo } from "./actions.js";
import { face, personOf } from "./people.js";
import { canSearch } from "./roles.js";
import { set, state } from "./store.js";
import { openTrack } from "./tracks.js";

const typing = (node) => node.matches?.("input:not([type=checkbox],[type=range]), textarea, select, [contenteditable]");
const pressed = (node) => node.closest?.("button, a, summary, input, select, textarea, dialog, .leaflet-container");

/** Every key with the name of what it does, for the list that ? shows. */
export const KEYS = [
  ["Space", "key.talk"], ["/", "key.type"], ["← ↑ → ↓", "key.move"], ["Y", "key.tick"],
  ["N", "key.reject"], ["S", "key.like"], ["T", "key.track"], ["X", "key.none"], ["Enter", "key.open"],
  ["U", "key.undo"], ["Ctrl+Z", "key.undo"], ["Ctrl+Shift+Z", "key.redo"], ["?", "key.help"], ["Esc", "key.close"],
];

/** Start to listen. */
export function listen() {
  addEventListener("keydown", down);
  addEventListener("keyup", up);
  addEventListener("blur", () => talk(false));
}

function talk(on) {
  document.querySelector("cmps-ask")?.talk(on);
}

function up(event) {
  if (event.code === "Space") talk(false);
}

function down(event) {
  if (!state.session || event.defaultPrevented || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "Space" && !pressed(event.target)) {
    event.preventDefault();
    if (!event.repeat && canSearch()) talk(true);
    return;
  }
  if (state.prefs.letters && letter(event)) event.preventDefault();
}

function letter(event) {
  const key = event.key.toLowerCase();
  if (key === "/") return toText();
  if (key === "?") return set({ dialog: { kind: "help" } }), true;
  if (key === "u") return undo(), true;
  if (key === "x") return canSearch() && noneOfThese(), true;
  const kind = { y: "tick", n: "reject", s: "like" }[key];
  if (!kind && key !== "t") return false;
  const sighting = chosen(event.target);
  if (!sighting) return false;
  if (key === "t") return openTrack(sighting), true;
  if (canSearch()) click(kind, sighting);
  return true;
}

function toText() {
  set({ tab: "ask" });
  requestAnimationFrame(() => document.querySelector("#describe")?.focus());
  return true;
}

/** The sighting that a letter means: of the focused card or stop. */
function chosen(target) {
  const near = target.closest?.("[data-sighting]");
  if (near) return near.dataset.sighting;
  const person = personOf(state.results, state.selected);
  return person ? face(person, state.session).id : "";
}

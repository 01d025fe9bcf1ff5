// Why: one state for the whole page. A component names the parts it shows and is redrawn when one
// of them changes; nobody else keeps a copy that could go stale.

import { patch } from "./dom.js";

export const state = {
  me: null, // who is logged in
  route: { view: "", case: "", session: "", query: new URLSearchParams() },
  cases: null,
  case: null,
  session: null,
  results: null,
  top: 40, // how many people were asked for
  busy: 0, // requests on their way that change what is shown
  selected: "", // key of the person in focus
  open: "", // key of the person whose pictures are open
  track: null,
  cameras: [],
  plan: null,
  witnesses: [],
  here: [],
  heard: "", // live transcript
  notice: null, // {text, kind, id}
  failure: null, // why there is nothing to show: {text, retry}
  tab: "ask",
  words: 0, // counts language changes
  prefs: readPrefs(),
};

const watchers = new Set();
let changed = new Set();

/** Change parts of the state; whoever shows them is redrawn soon. */
export function set(parts) {
  for (const [name, value] of Object.entries(parts)) {
    if (state[name] === value) continue;
    state[name] = value;
    changed.add(name);
  }
  if (changed.size) queueMicrotask(flush);
}

function flush() {
  if (!changed.size) return;
  const names = changed;
  changed = new Set();
  for (const watcher of [...watchers]) {
    if (watcher.names.some((name) => names.has(name))) watcher.redraw();
  }
}

/** Call `redraw` after any of the named parts has changed; returns how to stop. */
export function watch(names, redraw) {
  const watcher = { names, redraw };
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** A custom element that shows `view()` and is redrawn when one of its `static shows` changes. */
export class Component extends HTMLElement {
  static shows = [];
  /** Parts without which there is nothing to show; the one above then takes it away. */
  static needs = [];

  connectedCallback() {
    this.unwatch = watch(["words", ...this.constructor.shows], () => this.redraw());
    this.started?.();
    this.redraw();
  }

  disconnectedCallback() {
    this.unwatch?.();
    this.stopped?.();
  }

  redraw() {
    if (!this.isConnected || this.constructor.needs.some((name) => !state[name])) return;
    this.before?.();
    patch(this, this.view());
    this.after?.();
  }
}

function readPrefs() {
  const usual = { theme: "", language: "", size: 168, letters: true, spoken: "" };
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem("cmps") ?? "{}") };
  } catch {
    return usual;
  }
}

/** Change what this browser remembers of the reader's habits; nothing of any case is among it. */
export function prefer(parts) {
  set({ prefs: { ...state.prefs, ...parts } });
  localStorage.setItem("cmps", JSON.stringify(state.prefs));
}

let notices = 0;

/** Say something for a while, for eyes and screen readers. */
export function say(text, kind = "info") {
  const id = ++notices;
  set({ notice: { text, kind, id } });
  setTimeout(() => state.notice?.id === id && set({ notice: null }), kind === "error" ? 9000 : 5000);
}

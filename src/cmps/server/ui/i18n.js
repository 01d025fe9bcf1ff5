// Why: every word of the page lies in i18n/*.json, so that a translator needs no code. English is
// there from the start and fills in for what a language lacks.

import { set, state } from "./store.js";

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", zh: "中文" };
/** Languages in which descriptions are understood. */
export const UNDERSTOOD = ["en", "de", "es", "fr", "zh"];

let words = {};
let fallback = {};
let terms = {};

async function read(file) {
  const answer = await fetch(`/ui/i18n/${file}.json`);
  return answer.ok ? answer.json() : {};
}

/** The language that the reader chose, or else the first of the browser's that we have. */
export function chosen() {
  if (state.prefs.language in LANGUAGES) return state.prefs.language;
  const wanted = navigator.languages.map((one) => one.slice(0, 2).toLowerCase());
  return wanted.find((one) => one in LANGUAGES) ?? "en";
}

/** Load the chosen language and redraw everything in it. */
export async function speak() {
  const language = chosen();
  const files = ["en", language, `terms/${language}`];
  [fallback, words, terms] = await Promise.all(files.map(read));
  document.documentElement.lang = language;
  set({ words: state.words + 1 });
}

/** The words for a key, with {placeholders} filled in. */
export function t(key, values = {}) {
  const text = words[key] ?? fallback[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The words for a number of things: key.one or key.other. */
export function tn(key, n, values = {}) {
  const form = new Intl.PluralRules(chosen()).select(n) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { n: number(n), ...values });
}

export function number(n) {
  return new Intl.NumberFormat(chosen()).format(n);
}

/** A probability, never more exact than it is. */
export function percent(p) {
  if (p > 0 && p < 0.005) return t("score.least");
  return new Intl.NumberFormat(chosen(), { style: "percent" }).format(Math.min(p, 0.99));
}

function dated(value, options) {
  return value ? new Intl.DateTimeFormat(chosen(), options).format(new Date(value)) : t("time.unknown");
}

export const clock = (value) =>
  dated(value, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const day = (value) => dated(value, { day: "numeric", month: "short" });
export const moment = (value) =>
  dated(value, {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    second: "2-digit", hourCycle: "h23",
  });

/** How long, in the two largest units. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("span.seconds", { s: whole });
  if (whole < 3600) return t("span.minutes", { m: Math.floor(whole / 60), s: whole % 60 });
  return t("span.hours", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}

const ORDER = ["is=", "length=", "sleeve=", "pattern=", "age="];

/** A chip in the reader's language, from its code; the server's words where we lack a term. */
export function chipWords(chip) {
  const code = chip.chip.replace(/^(maybe|not) /, "");
  const [head, ...marks] = code.split(" ");
  const accents = marks.filter((one) => one.startsWith("+")).map(mark);
  const colours = marks.filter((one) => !one.startsWith("+") && !one.includes("=")).map(mark);
  const marked = sorted(marks.filter((one) => one.includes("="))).map(mark);
  const noun = terms[head];
  if (!noun || [...accents, ...colours, ...marked].includes(undefined)) return chip.words.replace(/^(maybe|no): /, "");
  const coloured = colours.length ? [new Intl.ListFormat(chosen()).format(colours)] : [];
  const others = terms["="].startsWith("{marks}") ? [...marked, ...coloured] : [...coloured, ...marked];
  const words = others.length ? filled("=", { noun, marks: others.join(terms[","]) }) : noun;
  return accents.length ? filled("+", { words, colour: accents.join(", ") }) : words;
}

function filled(key, values) {
  return terms[key].replace(/\{(\w+)\}/g, (all, name) => values[name]);
}

function sorted(marks) {
  const place = (one) => ORDER.findIndex((start) => one.startsWith(start));
  return [...marks].sort((a, b) => place(a) - place(b));
}

function mark(code) {
  if (code.startsWith("age=")) {
    const [from, to] = code.slice(4).split("-");
    return filled(from === to ? "age=1" : "age", { from, to });
  }
  const plain = code.replace(/^\+/, "");
  if (terms[plain]) return terms[plain];
  const [shade, colour] = plain.split("-");
  if (terms[`${shade}-of`] && terms[colour]) return filled(`${shade}-of`, { colour: terms[colour] });
  return undefined;
}

// Why: the language of the witness need not be that of the page: a French guard hears an English
// mother. Only languages in which descriptions are understood are offered.

import { LANGUAGES, UNDERSTOOD, chosen } from "./i18n.js";
import { state } from "./store.js";

/** The language that descriptions are given in. */
export function spoken() {
  if (UNDERSTOOD.includes(state.prefs.spoken)) return state.prefs.spoken;
  return UNDERSTOOD.includes(chosen()) ? chosen() : "en";
}

/** Codes and names of the languages to choose from. */
export const tongues = () => UNDERSTOOD.map((code) => [code, LANGUAGES[code]]);

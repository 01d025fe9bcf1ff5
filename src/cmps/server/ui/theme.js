// Why: light and dark follow the machine until the reader says otherwise.

import { state } from "./store.js";

/** Put the chosen theme on the document. */
export function paint() {
  const { theme } = state.prefs;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** Whether things may move. */
export const moves = () => !matchMedia("(prefers-reduced-motion: reduce)").matches;

// Why: a few line drawings of our own, made as elements, so that the content policy can forbid
// everything else. They say nothing by themselves: the button beside them has a name.

import { h } from "./dom.js";

const PATHS = {
  mic: "M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z M5.5 11.5a6.5 6.5 0 0 0 13 0 M12 18v3 M8.5 21h7",
  yes: "M4.5 12.5l5 5L19.5 7",
  no: "M6 6l12 12 M18 6L6 18",
  like: "M4 6h10v12H4z M17 8.5h3v7h-3 M7 15l2.5-3 2 2 1-1 1.5 2",
  track: "M6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M18 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M8 17h6a3 3 0 0 0 3-3v0a3 3 0 0 0-3-3h-4a3 3 0 0 1-3-3v0a3 3 0 0 1 3-1h6",
  undo: "M8 5L4 9l4 4 M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M16 5l4 4-4 4 M20 9H10a6 6 0 0 0 0 12h3",
  photo: "M4 7h3.5L9 5h6l1.5 2H20v12H4z M12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  sound: "M4 10v4 M8 7v10 M12 4v16 M16 7v10 M20 10v4",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14 M16 5v14",
  filter: "M4 6h16 M7 12h10 M10 18h4",
  history: "M12 7v5l3.5 2 M4.5 12a7.5 7.5 0 1 0 2.3-5.4 M4.5 5v3.5H8",
  people: "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11z M3 19.5c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5 M16 4.9a3.2 3.2 0 0 1 0 5.8 M17.5 14.3c2 .7 3.5 2.5 3.5 5.2",
  list: "M4 6h2v2H4z M10 7h10 M4 12h2v2H4z M10 13h10 M4 18h2v2H4z M10 19h10",
  plus: "M12 5v14 M5 12h14",
  question: "M9 9.2a3 3 0 1 1 4.4 2.7c-1 .5-1.4 1-1.4 2.1 M12 17.6v.2",
  key: "M4 7h16v10H4z M7 10h.1 M11 10h.1 M15 10h.1 M8 14h8",
  print: "M7 9V4h10v5 M7 17H4V9h16v8h-3 M7 14h10v6H7z",
  theme: "M12 4a8 8 0 1 0 0 16z M12 4a8 8 0 0 1 0 16",
  menu: "M4 7h16 M4 12h16 M4 17h16",
  pin: "M12 21s6-5.6 6-10.5a6 6 0 1 0-12 0C6 15.400 12 21 12 21z M12 12.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  eye: "M3 12s3.500-6 9-6 9 6 9 6-3.500 6-9 6-9-6-9-6z M12 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  send: "M5 12h13 M13 6l6 6-6 6",
  stop: "M7 7h10v10H7z",
};

/** A drawing; decoration only. */
export function icon(name, size = 20) {
  return h(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" },
    ...PATHS[name].split(" M").map((one, n) => h("path", { d: n ? `M${one}` : one })),
  );
}

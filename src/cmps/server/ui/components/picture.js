// Why: every picture that is looked at is written down, and of a closed case none is given out any
// more. This is the one place that shows one, or says that it is not shown.

import { pictureOf } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { icon } from "../icons.js";
import { state } from "../store.js";

/** The picture of a sighting; `attributes` as for h("img"). */
export function picture(sighting, attributes = {}) {
  if (state.case?.closed_at) {
    return h("span", { class: "no-picture", role: "img", "aria-label": t("picture.closed"), title: t("picture.closed") }, icon("eye", 22));
  }
  return h("img", {
    src: pictureOf(sighting, state.route.case), decoding: "async", draggable: "false", ...attributes,
    onerror: (event) => event.target.classList.add("missing"), onload: (event) => event.target.classList.remove("missing"),
  });
}

// Why: somebody who is not found yet may still walk past a camera. An armed search goes on looking
// at what comes in, and tells here.

import { list, post, remove } from "../api.js";
import { excuse } from "../actions.js";
import { h } from "../dom.js";
import { clock, percent, t } from "../i18n.js";
import { canSearch } from "../roles.js";
import { Component, set, state } from "../store.js";
import { openTrack } from "../tracks.js";
import { picture } from "./picture.js";

class Watch extends Component {
  static shows = ["session", "case", "watches", "watchEvents", "me"];
  static needs = ["session"];

  view() {
    const { id } = state.session;
    const armed = (state.watches ?? []).some((one) => one.session === id);
    const seen = (state.watchEvents ?? []).filter((one) => one.session === id);
    if (!canSearch() && !seen.length) return null;
    return h(
      "section",
      { class: "block watch" },
      canSearch() && h("label", { class: "switch" },
        h("input", { type: "checkbox", role: "switch", checked: armed, disabled: !state.session.steps.length, onchange: (event) => arm(event.target.checked) }),
        t("watch.title")),
      h("p", { class: "hint" }, armed ? t("watch.armed") : t("watch.why")),
      seen.length > 0 && h("ul", { class: "maybe", "aria-label": t("watch.seen") }, ...seen.slice(-8).reverse().map((one) => h("li", { key: one.id },
        picture(one.sighting, { alt: t("shortlist.picture", { where: clock(one.at) }) }),
        h("small", null, `${clock(one.at)} · ${percent(one.probability)}`),
        h("button", { class: "link", onclick: () => openTrack(one.sighting) }, t("act.track"))))),
    );
  }

  started() {
    readWatches();
  }
}

async function arm(on) {
  const way = `/sessions/${state.route.session}/watch`;
  try {
    if (on) await post(way, { threshold: 0.5 });
    else await remove(way);
  } catch (error) {
    excuse(error);
  }
  await readWatches();
}

async function readWatches() {
  const { case: id } = state.route;
  try {
    const [watches, watchEvents] = await Promise.all([list("/watches", { case: id }), list("/watch-events", { case: id })]);
    set({ watches, watchEvents });
  } catch (error) {
    excuse(error);
  }
}

customElements.define("cmps-watch", Watch);

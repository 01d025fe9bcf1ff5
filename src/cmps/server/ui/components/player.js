// Why: seen one after another, the crops of a track show at once where it jumps to somebody else.

import { h } from "../dom.js";
import { clock, percent, t } from "../i18n.js";
import { icon } from "../icons.js";
import { cameraName } from "../sightings.js";
import { Component, state } from "../store.js";
import { moves } from "../theme.js";
import { picture } from "./picture.js";

class Player extends Component {
  static shows = ["track"];
  at = 0;
  playing = false;

  view() {
    const frames = framesOf(state.track);
    if (!frames.length) return h("p", null, t("track.nothing"));
    this.at = Math.min(this.at, frames.length - 1);
    const { stop, n, one } = frames[this.at];
    return h(
      "div",
      { class: "player" },
      picture(one.sighting, { alt: t("track.stop-picture", { n }) }),
      h("p", { class: "where" }, h("strong", null, `${n} · ${cameraName(stop.camera)}`), h("time", null, clock(one.time)), h("span", null, percent(one.probability))),
      h("div", { class: "row" },
        h("button", { class: "primary", autofocus: true, onclick: () => this.play(!this.playing) }, icon(this.playing ? "pause" : "play", 18), t(this.playing ? "player.pause" : "player.play")),
        h("input", { type: "range", min: 0, max: frames.length - 1, step: 1, value: String(this.at), "aria-label": t("player.place"), "aria-valuetext": `${cameraName(stop.camera)} ${clock(one.time)}`,
          oninput: (event) => this.seek(Number(event.target.value)) }),
        h("span", { class: "hint of" }, `${this.at + 1} / ${frames.length}`)),
    );
  }

  started() {
    if (moves()) this.play(true);
  }

  stopped() {
    clearInterval(this.timer);
  }

  play(on) {
    clearInterval(this.timer);
    this.playing = on;
    const count = framesOf(state.track).length;
    if (on && this.at >= count - 1) this.at = 0;
    if (on) this.timer = setInterval(() => this.step(count), 700);
    this.redraw();
  }

  seek(at) {
    this.at = at;
    this.play(false);
  }

  step(count) {
    if (this.at >= count - 1) return this.play(false);
    this.at += 1;
    return this.redraw();
  }
}

function framesOf(track) {
  return (track?.stops ?? []).flatMap((stop, place) => {
    const shown = stop.sightings.length ? stop.sightings : [{ sighting: stop.best, time: stop.from, probability: stop.probability }];
    return shown.map((one) => ({ stop, n: place + 1, one }));
  });
}

customElements.define("cmps-player", Player);

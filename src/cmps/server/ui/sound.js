// Why: the microphone as the page sees it: on or off, how loud, what is heard so far. The work is
// done in microphone.js, which is loaded when somebody first speaks.

import { t } from "./i18n.js";
import { say } from "./store.js";

const PROBLEMS = {
  NotAllowedError: "ask.denied",
  NotFoundError: "ask.no-microphone",
  NotReadableError: "ask.taken",
  InsecureError: "ask.insecure",
  broken: "ask.broken",
  gone: "ask.gone",
  // as the server names them
  silence: "ask.silence",
  nobody: "ask.nobody",
  failed: "ask.failed",
  quiet: "ask.quiet",
  busy: "ask.busy",
  login: "ask.login",
};

/** Say why nobody was heard: in the reader's language, or else as the server worded it. */
function complain({ kind, error, heard = "" }) {
  say(PROBLEMS[kind] ? t(PROBLEMS[kind], { heard }) : error, "error");
}

/** Holds the state of listening and tells when it changed. */
export class Sound {
  on = false;
  free = false;
  level = 0;
  speech = false;
  text = "";
  live = false;
  waiting = false;
  playing = false;
  source = null;

  /**
   * @param changed Called when something to show has changed.
   * @param heard Called when somebody has stopped speaking: with the words, what they answer, and
   *   what else may have been said.
   * @param asked Tells which topic is asked for now; a question that comes up later was not heard.
   */
  constructor(changed, heard, asked) {
    this.changed = changed;
    this.heard = heard;
    this.asked = asked;
  }

  /** Listen to the microphone. */
  start(caseId, language) {
    return this.listen(async (about) => {
      const { Microphone } = await import("./microphone.js");
      // hands-free one line serves many questions
      return new Microphone({ case: caseId, language, handsFree: this.free, about: this.free ? "" : about });
    });
  }

  /** Play a recorded witness, who is heard like a voice; a second call breaks off. */
  play(caseId, witness) {
    if (this.on) return this.stop();
    return this.listen(async () => {
      const { Witness } = await import("./witness.js");
      return new Witness({ case: caseId, id: witness.id, language: witness.language });
    }, true);
  }

  async listen(make, playing = false) {
    if (this.on) return;
    // who is played describes somebody by themselves
    const about = playing ? "" : this.asked();
    this.set({ on: true, playing, text: "", live: false, waiting: false });
    try {
      const source = await make(about);
      this.source = source;
      this.wire(source, about);
      await source.start();
      // the key may have been let go while the browser asked for the microphone
      if (!this.on) source.stop();
    } catch (error) {
      this.source = null;
      complain({ kind: error.name, error: `${t("ask.no-sound")} ${error.message}` });
      this.set({ on: false, playing: false });
    }
  }

  /** Stop; the last words come as they are understood. */
  stop() {
    if (!this.on) return;
    this.source?.stop();
    this.set({ on: false, playing: false, speech: false, level: 0, waiting: true });
  }

  wire(source, about) {
    const always = (name, act) => source.addEventListener(name, (event) => act(event.detail));
    // of an earlier one, whose last words are still to come, only those are wanted
    const on = (name, act) => always(name, (detail) => this.source === source && act(detail));
    on("level", ({ rms }) => this.loud(rms));
    on("speech", ({ on: speech }) => {
      // hands-free the questions change while the microphone stays on
      if (speech && this.free && !this.playing) about = this.asked();
      this.set({ speech });
    });
    on("partial", ({ text }) => this.set({ text, live: true }));
    always("final", ({ text, readings }) => {
      this.end(text);
      if (text.trim()) this.heard(text, about, readings);
    });
    always("error", complain);
    on("over", () => {
      this.source = null;
      this.set({ on: false, playing: false, speech: false, level: 0, live: false, waiting: false });
    });
  }

  loud(rms) {
    const level = Math.min(1, Math.round(Math.sqrt(rms) * 24) / 10);
    if (level !== this.level) this.set({ level });
  }

  /** Something is being heard elsewhere: a recording. */
  wait() {
    this.set({ text: "", waiting: true });
  }

  /** These are the words. */
  end(text) {
    this.set({ text, live: false, waiting: false });
  }

  clear() {
    this.set({ text: "" });
  }

  set(parts) {
    Object.assign(this, parts);
    this.changed();
  }
}

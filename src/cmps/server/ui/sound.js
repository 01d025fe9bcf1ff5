// Why: the microphone as the page sees it: on or off, how loud, what is heard so far. The work is
// done in microphone.js, which is loaded when somebody first speaks.

import { t } from "./i18n.js";
import { say } from "./store.js";

/** Holds the state of listening and tells when it changed. */
export class Sound {
  on = false;
  free = false;
  level = 0;
  speech = false;
  text = "";
  live = false;
  waiting = false;

  /**
   * @param changed Called when something to show has changed.
   * @param heard Called with the words when somebody has stopped speaking.
   */
  constructor(changed, heard) {
    this.changed = changed;
    this.heard = heard;
    this.microphone = null;
  }

  async start(caseId, language) {
    if (this.on) return;
    this.on = true;
    this.text = "";
    this.changed();
    try {
      const { Microphone } = await import("./microphone.js");
      const microphone = new Microphone({ case: caseId, language, handsFree: this.free });
      microphone.handsFree = this.free;
      this.wire(microphone);
      await microphone.start();
      this.microphone = microphone;
      // the key may have been let go while the browser asked for the microphone
      if (!this.on) this.finish();
    } catch (error) {
      this.on = false;
      const plain = { NotAllowedError: "ask.denied", NotFoundError: "ask.no-microphone" }[error.name];
      say(plain ? t(plain) : `${t("ask.no-sound")} ${error.message}`, "error");
      this.changed();
    }
  }

  /** Hear a recorded witness as if they stood here; a second call breaks off. */
  async play(caseId, { id, language }) {
    if (this.on) return this.stop();
    const { Witness } = await import("./witness.js");
    const witness = new Witness({ case: caseId, id, language });
    this.wire(witness);
    witness.addEventListener("over", () => {
      this.microphone = null;
      this.set({ on: false, level: 0, speech: false });
    });
    this.microphone = witness;
    this.set({ on: true, text: "" });
    try {
      await witness.start();
    } catch (error) {
      this.microphone = null;
      this.set({ on: false });
      say(error.message, "error");
    }
  }

  stop() {
    if (!this.on) return;
    this.on = false;
    this.speech = false;
    this.level = 0;
    if (this.microphone) this.finish();
    this.changed();
  }

  finish() {
    const microphone = this.microphone;
    this.microphone = null;
    microphone.stop();
    this.waiting = true;
    setTimeout(() => this.waiting && this.end(this.text), 8000);
  }

  wire(microphone) {
    const on = (name, act) => microphone.addEventListener(name, (event) => act(event.detail ?? event));
    on("level", ({ rms }) => this.loud(rms));
    on("speech", ({ on: speech }) => this.set({ speech }));
    on("partial", ({ text }) => this.set({ text, live: true }));
    on("final", ({ text }) => {
      this.end(text);
      if (text.trim()) this.heard(text);
    });
    on("error", ({ error }) => {
      this.on = false;
      this.end("");
      say(error, "error");
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

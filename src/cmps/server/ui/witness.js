// Why: who has no microphone, or tries the program out, plays a recorded description. It takes the
// way of a voice: in real time, over the same line, so that the words appear as they are said.

import { witnessSound } from "./api.js";
import { Line, SoundError, relay } from "./line.js";

const RATE = 16000;
const HEAD = 44; // bytes of a WAV before its samples
const CHUNK = 100; // ms

/** Plays a recording into the line; events are those of Microphone. */
export class Witness extends EventTarget {
  constructor({ case: caseId, id, language = "en" }) {
    super();
    this.id = id;
    this.line = new Line({ case: caseId, language });
    relay(this.line, this);
    this.line.addEventListener("over", () => this.silence());
  }

  /** Begin to play; returns when the recording is on its way. */
  async start() {
    const answer = await fetch(witnessSound(this.id));
    if (!answer.ok) throw new SoundError("gone");
    const file = await answer.arrayBuffer();
    this.samples = new Int16Array(file.slice(HEAD));
    this.line.open();
    this.audible(file);
    this.began = performance.now();
    this.sent = 0;
    this.timer = setInterval(() => this.play(), CHUNK);
  }

  /** Break off; the words until now are taken. */
  stop() {
    this.silence();
    this.line.end();
  }

  /** Let it be heard where there is a loudspeaker and the browser allows it. */
  audible(file) {
    this.sound = new Audio(URL.createObjectURL(new Blob([file], { type: "audio/wav" })));
    this.sound.play().catch(() => null);
  }

  /** Send what would have been said by now: timers of hidden pages run late. */
  play() {
    const until = Math.min(this.samples.length, Math.floor(((performance.now() - this.began) / 1000) * RATE));
    for (; this.sent < until; this.sent += RATE) {
      const part = this.samples.slice(this.sent, Math.min(until, this.sent + RATE));
      this.line.send(part.buffer);
      this.dispatchEvent(new CustomEvent("level", { detail: { rms: loudness(part) } }));
    }
    this.sent = until;
    if (until === this.samples.length) {
      clearInterval(this.timer);
      this.line.end();
    }
  }

  silence() {
    clearInterval(this.timer);
    if (!this.sound) return;
    // the loudspeaker is a little behind: what was sent whole is heard whole
    if (this.sent < this.samples.length) this.sound.pause();
    URL.revokeObjectURL(this.sound.src);
    this.sound = null;
  }
}

function loudness(samples) {
  const power = samples.reduce((sum, one) => sum + (one / 32768) ** 2, 0);
  return Math.sqrt(power / Math.max(1, samples.length));
}

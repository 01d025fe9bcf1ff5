// Why: the microphone, from the device to words. Sound is taken as it is: what browsers do to make
// voices pleasant in calls (echo, noise and gain control) makes words harder to recognise.

import { Line, SoundError, relay } from "./line.js";

const AS_IT_IS = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const WARM = 20000; // ms that the device stays open, so that the next press loses no syllable
const TAIL = 120; // ms: people let the key go within their last syllable
const SPARE = 1000; // ms until a device that sends nothing more is not waited for

// what a browser says of its device; anything else is a fault of ours
const KNOWN = ["NotAllowedError", "NotFoundError", "NotReadableError"];

/**
 * Listens from start() to stop().
 *
 * Events, each with its detail: ready, speech{on}, partial{text}, final{text, readings, milliseconds,
 * seconds}, error{kind, error, heard}, level{rms}, over. With handsFree a final comes after every pause,
 * otherwise one after stop(). After over nothing comes. ``about`` is the topic of the open question
 * that is answered: then "long" is enough to be understood.
 */
export class Microphone extends EventTarget {
  constructor({ case: caseId, language = "en", handsFree = false, about = "" }) {
    super();
    this.line = new Line({ case: caseId, language, handsFree, about });
    relay(this.line, this);
    this.line.addEventListener("over", () => this.leave());
  }

  /**
   * Open the device, and the line to the server beside it; nothing that is said meanwhile is lost.
   *
   * @throws {SoundError} If the browser gives no microphone.
   */
  async start() {
    this.wanted = true;
    this.line.open();
    try {
      const studio = await enter();
      this.studio = studio;
      studio.heard = (frame) => this.take(frame);
      studio.lost = () => this.line.fail({ kind: "NotFoundError" });
      if (this.line.over) this.leave();
    } catch (error) {
      this.line.close();
      throw error;
    }
    if (!this.wanted) await this.finish();
  }

  /** Stop to listen; the last words come as a final. */
  stop() {
    if (!this.wanted) return;
    this.wanted = false;
    if (this.studio) this.finish();
  }

  take({ pcm, rms }) {
    this.dispatchEvent(new CustomEvent("level", { detail: { rms } }));
    this.line.send(pcm);
  }

  async finish() {
    await pause(TAIL);
    await this.studio?.flush();
    this.line.end();
    this.leave();
  }

  leave() {
    const { studio } = this;
    this.studio = null;
    if (studio) part(studio);
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// -- the device, which one page opens once and closes when it was not used for a while -------------

let opened = null;
let closing = 0;

async function enter() {
  clearTimeout(closing);
  opened ??= open().catch((error) => {
    opened = null;
    throw error;
  });
  const studio = await opened;
  if (studio.context.state !== "running") await studio.context.resume();
  return studio;
}

function part(studio) {
  studio.heard = studio.lost = () => {};
  clearTimeout(closing);
  closing = setTimeout(close, WARM);
}

async function close() {
  const studio = await opened;
  opened = null;
  for (const track of studio?.stream.getTracks() ?? []) track.stop();
  await studio?.context.close();
}

async function open() {
  if (!window.isSecureContext || !navigator.mediaDevices) throw new SoundError("InsecureError");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: AS_IT_IS }).catch((error) => {
    throw KNOWN.includes(error.name) ? new SoundError(error.name) : error;
  });
  const context = new AudioContext({ latencyHint: "interactive" });
  await context.audioWorklet.addModule(new URL("./worklet/pcm.js", import.meta.url));
  const node = new AudioWorkletNode(context, "pcm", { numberOfOutputs: 0, channelCount: 1 });
  context.createMediaStreamSource(stream).connect(node);
  const studio = { stream, context, heard() {}, lost() {}, flushed() {} };
  studio.flush = () => {
    const flushed = new Promise((done) => (studio.flushed = done));
    node.port.postMessage("flush");
    return Promise.race([flushed, pause(SPARE)]);
  };
  node.port.onmessage = ({ data }) => (data.flushed ? studio.flushed() : studio.heard(data));
  stream.getAudioTracks()[0].onended = () => {
    opened = null;
    context.close();
    studio.lost();
  };
  return studio;
}

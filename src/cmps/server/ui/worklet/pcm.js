// Why: sound leaves the browser's audio thread as what the server takes: 16,000 samples a second,
// 16 bits, in frames of 40 ms, each with its loudness for the level meter.

import { Resampler } from "./resampler.js";

const FRAME = 640;

class Pcm extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.power = 0;
    this.port.onmessage = () => this.flush();
  }

  process([channels]) {
    const [first] = channels;
    if (first) for (const one of this.resampler.push(mixed(channels))) this.take(one);
    return true;
  }

  take(sample) {
    const within = Math.max(-1, Math.min(1, sample));
    this.power += within * within;
    this.frame[this.filled++] = Math.round(within * 32767);
    if (this.filled === FRAME) this.post();
  }

  post() {
    const pcm = this.frame.slice(0, this.filled).buffer;
    const rms = Math.sqrt(this.power / Math.max(1, this.filled));
    this.port.postMessage({ pcm, rms }, [pcm]);
    this.filled = 0;
    this.power = 0;
  }

  /** Send what there is of a frame, and say that this was all. */
  flush() {
    if (this.filled) this.post();
    this.port.postMessage({ flushed: true });
  }
}

function mixed(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, at) => channels.reduce((sum, one) => sum + one[at], 0) / channels.length);
}

registerProcessor("pcm", Pcm);

// Why: microphones run at 44,100 or 48,000 samples a second, recognisers hear 16,000. Leaving
// samples out would fold high sounds into the speech, so a low-pass goes first (a windowed sinc,
// worked out once for every place that an output sample can have between two input samples).

const CROSSINGS = 16; // of the sinc, on each side
const PASS = 0.94; // of the band that the lower rate can hold
const PHASES = 512;

/** Changes the rate of sound that comes in blocks of any length. */
export class Resampler {
  /**
   * @param {number} from Samples a second that come in.
   * @param {number} to Samples a second that go out.
   */
  constructor(from, to = 16000) {
    this.step = from / to;
    const widen = Math.max(1, this.step);
    this.half = Math.ceil(CROSSINGS * widen);
    this.kernels = kernels(this.half, PASS / widen);
    this.kept = new Float32Array(2 * this.half);
    this.at = this.half; // of the next output sample, in input samples from the first one kept
  }

  /**
   * @param {Float32Array} block What comes in.
   * @returns {Float32Array} What can be told of the output until now.
   */
  push(block) {
    const input = new Float32Array(this.kept.length + block.length);
    input.set(this.kept);
    input.set(block, this.kept.length);
    const output = [];
    let { at } = this;
    for (; at + this.half < input.length; at += this.step) output.push(this.one(input, at));
    const first = Math.max(0, Math.floor(at) - this.half);
    this.kept = input.slice(first);
    this.at = at - first;
    return Float32Array.from(output);
  }

  one(input, at) {
    let whole = Math.floor(at);
    let phase = Math.round((at - whole) * PHASES);
    if (phase === PHASES) [whole, phase] = [whole + 1, 0];
    const kernel = this.kernels[phase];
    const first = whole - this.half + 1;
    let sum = 0;
    for (let tap = 0; tap < kernel.length; tap++) sum += kernel[tap] * (input[first + tap] ?? 0);
    return sum;
  }
}

function kernels(half, band) {
  return Array.from({ length: PHASES }, (_, phase) => {
    const kernel = Float32Array.from({ length: 2 * half }, (_, tap) => {
      const from = tap - half + 1 - phase / PHASES;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * from) / (half + 1));
      return band * sinc(band * from) * window;
    });
    const sum = kernel.reduce((all, one) => all + one, 0);
    return kernel.map((one) => one / sum);
  });
}

const sinc = (x) => (Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

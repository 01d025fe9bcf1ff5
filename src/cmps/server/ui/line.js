// Why: microphone and recorded witness speak to the server in the same way: sound goes out, words
// come back. This is that line, and the events of both. What goes wrong has a kind and no words:
// those are sound.js's, in the reader's language.

const LAST_WORDS = 15000; // ms until a server that does not answer is given up

/** Why nobody can be heard; ``name`` tells kinds apart. */
export class SoundError extends Error {
  constructor(name) {
    super(name);
    this.name = name;
  }
}

/**
 * A line to the recogniser. Its events: ready, speech{on}, partial{text}, final{…},
 * error{kind, error, heard}, over.
 */
export class Line extends EventTarget {
  constructor({ case: caseId, language = "en", handsFree = false, about = "" }) {
    super();
    const asked = new URLSearchParams({ case: caseId, language, hands_free: String(handsFree), about });
    const address = new URL(`/api/v1/speech?${asked}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.address = address.href;
    this.waiting = [];
    this.ended = false;
    this.over = false;
  }

  open() {
    this.socket = new WebSocket(this.address);
    this.socket.onopen = () => {
      for (const one of this.waiting.splice(0)) this.socket.send(one);
    };
    this.socket.onmessage = (message) => this.hear(JSON.parse(message.data));
    this.socket.onclose = () => this.fail({ kind: "broken" });
  }

  /** Send sound: an ArrayBuffer of samples. What comes before the line stands waits for it. */
  send(pcm) {
    if (!this.ended) this.pass(pcm);
  }

  /** Say that this was all; the final text comes as an event, and then the line is closed. */
  end() {
    if (this.ended || this.over) return;
    this.ended = true;
    this.pass(JSON.stringify({ type: "end" }));
    this.late = setTimeout(() => this.fail({ kind: "broken" }), LAST_WORDS);
  }

  pass(what) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(what);
    else if (!this.over) this.waiting.push(what);
  }

  hear({ type, ...detail }) {
    if (this.over) return;
    if (type === "error") return this.fail(detail);
    this.tell(type, detail);
    if (type === "final" && this.ended) this.close();
  }

  fail(problem) {
    if (this.over) return;
    this.tell("error", problem);
    this.close();
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  close() {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.late);
    this.socket?.close();
    this.dispatchEvent(new CustomEvent("over"));
  }
}

/** Pass a line's events on to another target. */
export function relay(line, target) {
  for (const type of ["ready", "speech", "partial", "final", "error", "over"]) {
    line.addEventListener(type, ({ detail }) => target.dispatchEvent(new CustomEvent(type, { detail })));
  }
}

// Why: everything that changes a search, in one place. Steps go out one after another, each with
// the version that was seen; where somebody else was quicker the session is read again and that is
// said, so nobody overwrites what they have not seen.

import { ApiError, get, path, post } from "./api.js";
import { t } from "./i18n.js";
import { go } from "./routes.js";
import { say, set, state } from "./store.js";
import { face, named } from "./people.js";
import { spoken as tongue } from "./tongues.js";

let queue = Promise.resolve();

/** Run one thing after another; what fails is said and does not stop the rest. */
function inTurn(work) {
  const done = queue.then(async () => {
    set({ busy: state.busy + 1 });
    try {
      return await work();
    } catch (error) {
      return excuse(error);
    } finally {
      set({ busy: state.busy - 1 });
    }
  });
  queue = done;
  return done;
}

/** Say what went wrong in the reader's words, with the server's line for the details. */
export function excuse(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) {
    set({ me: false });
    return null;
  }
  const known = { 0: "error.offline", 403: "error.forbidden", 413: "error.large", 429: "error.often" };
  const plain = known[error.status] ? t(known[error.status]) : "";
  say([plain, error.message].filter(Boolean).join(" ") || t("error.unknown"), "error");
  return null;
}

/** Take over a session and what it finds, unless something newer is shown already. */
export function show(answer) {
  const { session, results } = answer;
  if (state.session?.id === session.id && session.version < state.session.version) return;
  const found = results ? { ...results, people: named(results.people, state.results?.people) } : state.results;
  set({ session, results: found, failure: null });
}

async function reread(id) {
  show(await get(path(`/sessions/${id}`, { top: state.top })));
}

/** Take one step of the session; resolves to whether it was taken. */
export function step(name, body = {}) {
  const id = state.route.session;
  return inTurn(async () => {
    if (!id) return false;
    const query = { top: state.top };
    try {
      const form = body instanceof FormData;
      if (form) body.set("version", state.session.version);
      const plain = form ? body : { ...body, version: state.session.version };
      show(await post(path(`/sessions/${id}/${name}`, query), plain));
      return true;
    } catch (error) {
      if (error.status !== 409) throw error;
      await reread(id);
      say(t("notice.conflict", { reason: error.message }), "error");
      return false;
    }
  });
}

/** Read the session of the address again, after an event or with more people. */
export function refresh() {
  const id = state.route.session;
  return inTurn(async () => (id ? reread(id) : null));
}

/** Show more people, as the reader scrolls. */
export function more() {
  const shown = state.results?.people.length ?? 0;
  if (state.busy || shown < state.top) return;
  set({ top: state.top + 40 });
  refresh();
}

/** A click on a sighting: the same one again takes it back. */
export function click(kind, sighting) {
  const list = { tick: "ticked", reject: "rejected", like: "liked" }[kind];
  const again = state.session[list].includes(sighting);
  return step("click", { kind: again ? "clear" : kind, sighting });
}

/** Those who are shown first and of whom nothing was said yet: what "none of these" rules out. */
export function unmarked() {
  return (state.results?.people ?? []).slice(0, 20).filter((one) => !one.mark);
}

/** None of them is the person: one step, which is one to take back. */
export function noneOfThese() {
  const sightings = unmarked().map((one) => face(one, state.session).id);
  return sightings.length > 0 && step("none", { sightings });
}

export const undo = () => state.session?.can_undo && step("undo");
export const redo = () => state.session?.can_redo && step("redo");

/** Say or type something of the person: by itself, or to an open question about a topic. */
export function describe(text, spoken, about = "", readings = []) {
  const words = text.trim();
  return words ? step("say", { text: words, language: tongue(), spoken, about, readings }) : false;
}

/** Give a picture of the person. */
export function givePhoto(file) {
  const form = new FormData();
  form.set("file", file, file.name || "photo.jpg");
  return step("photo", form);
}

/** Have a recording heard; resolves to its words, which are not yet said. */
export function hear(file) {
  const id = state.route.session;
  const form = new FormData();
  form.set("file", file, file.name || "recording.webm");
  form.set("language", tongue());
  return inTurn(() => post(`/sessions/${id}/recording`, form));
}

/** Open a new case and its first session. */
export async function openCase(purpose, keepDays) {
  const made = await post("/cases", keepDays ? { purpose, keep_days: keepDays } : { purpose });
  await newSession(made.id);
}

/** Start a search in a case and go there. */
export async function newSession(caseId) {
  const made = await post(`/cases/${caseId}/sessions`);
  go({ view: "case", case: caseId, session: made.id });
}

/** Read the case of the address again. */
export async function readCase() {
  if (state.route.case) set({ case: await get(`/cases/${state.route.case}`) });
}

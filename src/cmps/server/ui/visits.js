// Why: when the address changes, what it needs is read from the server, and nothing else; so a
// reload in the middle of a search shows the same again.

import { get, list, path } from "./api.js";
import { excuse, newSession, show } from "./actions.js";
import { t } from "./i18n.js";
import { go } from "./routes.js";
import { set, state } from "./store.js";
import { may } from "./roles.js";
import { retrack } from "./tracks.js";

let last = "";

/** Read what the present address shows. */
export async function visit() {
  if (!state.me) {
    last = "";
    return;
  }
  const { view, case: id, session } = state.route;
  const here = [state.me.name, view, id, session].join("/");
  if (here === last) return;
  last = here;
  set({ failure: null, open: "", dialog: null, selected: "" });
  try {
    if (view === "cases" || view === "setup") await cases();
    if (view === "case") await openCase(id, session, () => here === last);
  } catch (error) {
    if (here !== last) return;
    last = "";
    if (error.status === 401) return void excuse(error);
    set({ failure: { text: error.message || t("error.offline"), again: visit } });
  }
}

async function cases() {
  set({ cases: await list("/cases"), case: null, session: null, results: null, track: null });
}

async function openCase(id, session, still) {
  if (state.case?.id !== id) set({ case: null, here: [] });
  if (state.session?.id !== session) set({ session: null, results: null, track: null, top: 40 });
  const [found, cameras, plan, witnesses] = await Promise.all([
    get(`/cases/${id}`),
    state.cameras.length ? state.cameras : list("/cameras").catch(() => []),
    state.plan ?? get("/floorplan").catch(() => ({ available: false })),
    state.witnesses.length ? state.witnesses : list("/witnesses").catch(() => []),
  ]);
  if (!still()) return;
  set({ case: found, cameras, plan, witnesses });
  // the events say who is here; the case only knows until they do
  if (!state.here.length) set({ here: found.here });
  if (!session) return void (await enter(found));
  const answer = await get(path(`/sessions/${session}`, { top: state.top }));
  if (!still()) return;
  show(answer);
  const begun = answer.session.steps.length > 0;
  set({ tab: state.route.query.get("track") ? "track" : begun ? "people" : "ask" });
  retrack();
}

async function enter(found) {
  const newest = found.sessions?.at(-1);
  if (newest) go({ view: "case", case: found.id, session: newest.id });
  else if (may("operator") && !found.closed_at) await newSession(found.id);
}

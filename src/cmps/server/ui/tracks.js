// Why: a track is asked for by one sighting and what was confirmed and rejected on the way. All
// three stand in the address, so a reload or a colleague's browser shows the same track.

import { post } from "./api.js";
import { excuse } from "./actions.js";
import { requery } from "./routes.js";
import { set, state } from "./store.js";

let asked = 0;

const list = (text) => (text ? text.split(",") : []);

/** What the address says of the track. */
export function pursuit() {
  const { query } = state.route;
  return {
    sighting: query.get("track") ?? "",
    confirm: list(query.get("yes")),
    reject: list(query.get("no")),
    near: query.get("near") === "1",
  };
}

function write({ sighting, confirm, reject, near }) {
  requery({ track: sighting, yes: confirm.join(","), no: reject.join(","), near: near ? "1" : "" });
}

/** Follow a person from one sighting. */
export function openTrack(sighting) {
  write({ sighting, confirm: [], reject: [], near: false });
  set({ tab: "track", track: null });
  return retrack();
}

/** Leave the track. */
export function closeTrack() {
  requery({});
  set({ track: null });
}

/** Say of a sighting that it is, or is not, the person: "yes", "no" or "" to take it back. */
export function judge(sighting, verdict) {
  const now = pursuit();
  const without = (ids) => ids.filter((one) => one !== sighting);
  const confirm = [...without(now.confirm), ...(verdict === "yes" ? [sighting] : [])];
  const reject = [...without(now.reject), ...(verdict === "no" ? [sighting] : [])];
  write({ ...now, confirm, reject });
  return retrack();
}

/** Also show, or no longer show, who was near. */
export function askNear(near) {
  write({ ...pursuit(), near });
  return retrack();
}

/** Solve the track of the address. */
export async function retrack() {
  const wanted = pursuit();
  const number = ++asked;
  if (!wanted.sighting || state.case?.closed_at) return set({ track: null });
  set({ tracking: true });
  try {
    const found = await post("/tracks", { case: state.route.case, ...wanted });
    if (number === asked) set({ track: found });
  } catch (error) {
    if (number === asked) excuse(error);
  } finally {
    if (number === asked) set({ tracking: false });
  }
  return undefined;
}

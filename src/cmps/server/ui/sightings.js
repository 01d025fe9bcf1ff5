// Why: a shortlist shows sightings that need not be among the present results; what is known of a
// sighting is kept, and what is not is asked for once.

import { get, path } from "./api.js";
import { set, state } from "./store.js";

const known = new Map();
const asked = new Set();

/** Camera and time of a sighting; empty ones until the server has answered. */
export function sightingOf(id) {
  for (const person of state.results?.people ?? []) {
    for (const one of person.sightings) if (one.id === id) known.set(id, one);
  }
  if (!known.has(id) && !asked.has(id) && !state.case?.closed_at) ask(id);
  return known.get(id) ?? { id, camera: "", time: null };
}

async function ask(id) {
  asked.add(id);
  try {
    known.set(id, await get(path(`/sightings/${id}`, { case: state.route.case })));
    set({ sightings: known.size });
  } catch {
    // it was erased, or its camera is not for this reader; the picture says the same
  }
}

/** The name of a camera. */
export const cameraName = (id) => state.cameras.find((one) => one.id === id)?.name || id;

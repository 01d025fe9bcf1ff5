// Why: the same person keeps the same card when the order changes, although the server groups
// sightings anew each time; so focus and eyes can follow them.

let made = 0;

/** Give each person a key: that of the earlier person with whom they share a sighting. */
export function named(people, before = []) {
  const keys = new Map();
  for (const one of before ?? []) {
    for (const sighting of one.sightings) keys.set(sighting.id, one.key);
  }
  const used = new Set();
  return people.map((person) => {
    const known = person.sightings.map((one) => keys.get(one.id)).find((key) => key && !used.has(key));
    const key = known ?? `person-${++made}`;
    used.add(key);
    return { ...person, key };
  });
}

/** The person with a key, or undefined. */
export const personOf = (results, key) => results?.people.find((one) => one.key === key);

/** The sighting that stands for a person: the one that was clicked, else the best. */
export function face(person, session) {
  const clicked = (one) => session?.ticked.includes(one.id) || session?.liked.includes(one.id);
  return person.sightings.find(clicked) ?? person.sightings[0];
}

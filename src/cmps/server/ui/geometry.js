// Why: where things lie on the plan, for the live map and for the printed one alike.

/** The floor that a camera sees: the server's polygon, else a sector of its angle and range. */
export function viewOf(camera) {
  if (camera.view?.length) return camera.view;
  const { x, y, heading = 0, angle = 60, range = 6 } = camera;
  const points = [[x, y]];
  for (let n = 0; n <= 12; n++) {
    const turned = ((heading - angle / 2 + (angle * n) / 12) * Math.PI) / 180;
    points.push([x + Math.cos(turned) * range, y + Math.sin(turned) * range]);
  }
  return points;
}

/** A place in the middle of what a camera sees. */
export function middleOf(camera) {
  const { x, y, heading = 0, range = 6 } = camera;
  const turned = (heading * Math.PI) / 180;
  return [x + Math.cos(turned) * range * 0.55, y + Math.sin(turned) * range * 0.55];
}

/**
 * Where each stop of a track is drawn. Where the camera knows the floor that is where they walked, from
 * ``start`` to ``end``; else several at one camera stand side by side.
 */
export function placesOf(track, plan) {
  const cameras = new Map(plan.cameras.map((one) => [one.id, one]));
  const times = new Map();
  const step = Math.max(...plan.metres) / 26;
  return track.stops.map((stop, n) => {
    const camera = cameras.get(stop.camera);
    const walk = stop.walk ?? [];
    if (walk.length) {
      const half = walk.length / 2;
      const [[x1, y1], [x2, y2]] = [walk[half - 1], walk[half]];
      return { n: n + 1, stop, x: (x1 + x2) / 2, y: (y1 + y2) / 2, walk, start: point(walk[0]), end: point(walk.at(-1)) };
    }
    if (!camera) return null;
    const before = times.get(stop.camera) ?? 0;
    times.set(stop.camera, before + 1);
    const [x, y] = middleOf(camera);
    const across = ((camera.heading ?? 0) + 90) * (Math.PI / 180);
    const aside = before ? step * Math.ceil(before / 2) * (before % 2 ? 1 : -1) : 0;
    return { n: n + 1, stop, x: x + Math.cos(across) * aside, y: y + Math.sin(across) * aside };
  });
}

const point = ([x, y]) => ({ x, y });

/** The legs between stops that can be drawn; one is `unseen` where nobody knows the way. */
export function legsOf(track, places) {
  const legs = [];
  let last = null;
  places.forEach((place, n) => {
    if (!place) return;
    if (last !== null) {
      const gap = track.gaps.find((one) => one.after === n - 1);
      const before = places[last];
      legs.push({ from: before.end ?? before, to: place.start ?? place, unseen: n - last > 1 || (gap ? gap.seconds > 20 : false) });
    }
    last = n;
  });
  return legs;
}

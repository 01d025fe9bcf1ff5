// Why: two people search together. What the other one does arrives here, and the page reads the
// session again; after a broken line it reads it once more, since it may have missed something.

import { readCase, refresh } from "./actions.js";
import { get } from "./api.js";
import { t } from "./i18n.js";
import { say, set, state } from "./store.js";

let socket = null;
let listeningTo = "";
let tries = 0;
let timer = 0;

/** Listen to the events of the case that is shown, and of no other. */
export function follow() {
  const wanted = state.me && state.route.view === "case" ? state.route.case : "";
  if (wanted === listeningTo) return;
  hangUp();
  listeningTo = wanted;
  if (wanted) open();
}

function hangUp() {
  clearTimeout(timer);
  const old = socket;
  socket = null;
  old?.close();
}

function open() {
  const url = new URL(`/api/v1/events?case=${encodeURIComponent(listeningTo)}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const mine = new WebSocket(url);
  socket = mine;
  mine.addEventListener("open", () => {
    if (tries) {
      set({ offline: false });
      refresh();
      readCase();
    }
    tries = 0;
  });
  mine.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  mine.addEventListener("close", () => {
    if (socket !== mine) return;
    tries += 1;
    if (tries === 3) set({ offline: true });
    timer = setTimeout(open, Math.min(10000, 400 * 2 ** tries));
  });
}

async function heard(message) {
  if (message.type === "here") return set({ here: message.names });
  if (message.type === "confirmation") {
    await readCase();
    if (message.by !== state.me.name) say(t("notice.confirmation"));
    return undefined;
  }
  if (message.type === "closed") return readCase();
  if (message.type === "watch") {
    set({ watchEvents: [...(state.watchEvents ?? []), message.event] });
    return say(t("notice.watch"), "strong");
  }
  if (message.type === "session") return other(message);
  return undefined;
}

async function other(message) {
  if (message.session !== state.route.session) {
    set({ case: await get(`/cases/${state.route.case}`) });
    return;
  }
  // our own steps are in the queue: by the time it is our turn they are known
  if (message.version <= (state.session?.version ?? 0)) return;
  await refresh();
  if (message.by && message.by !== state.me.name) say(t("notice.changed", { name: message.by }));
}

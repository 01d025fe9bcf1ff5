// Why: the one script that index.html starts. It loads the words, asks who is here, follows the
// address and leaves everything else to the components.

import "./components/page.js";
import { ApiError, get, trust } from "./api.js";
import { follow } from "./events.js";
import { speak } from "./i18n.js";
import { listen } from "./keys.js";
import { read } from "./routes.js";
import { set, state, watch } from "./store.js";
import { paint } from "./theme.js";
import { visit } from "./visits.js";

async function whoIsHere() {
  try {
    const me = await get("/me");
    trust(me.csrf);
    set({ me });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 401) set({ failure: { text: "error.offline" } });
    set({ me: false });
  }
}

function moved() {
  set({ route: read() });
}

paint();
moved();
addEventListener("hashchange", moved);
watch(["prefs"], paint);
watch(["route", "me"], visit);
watch(["route", "me"], follow);
listen();
await Promise.all([speak(), whoIsHere()]);
document.documentElement.dataset.ready = String(Math.round(performance.now()));
visit();

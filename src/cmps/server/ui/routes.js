// Why: the address says what is shown, so that reloading loses nothing and a colleague can be sent
// a link: #/case/CASE/SESSION?track=SIGHTING&yes=ID,ID&no=ID

import { set, state } from "./store.js";

/** Read the address. */
export function read(hash = location.hash) {
  // the server prints the first start's link as #setup=SECRET
  const [way, query = ""] = hash.replace(/^#setup=/, "#/setup/").replace(/^#\/?/, "").split("?");
  const [view = "", one = "", two = ""] = way.split("/").map(decodeURIComponent);
  const known = ["cases", "case", "report", "users", "account", "audit", "setup"];
  return {
    view: known.includes(view) ? view : "cases",
    case: ["case", "report"].includes(view) ? one : "",
    session: view === "case" ? two : "",
    link: view === "setup" ? one : "",
    query: new URLSearchParams(query),
  };
}

/** Write an address. */
export function address({ view, case: id = "", session = "", query = {} }) {
  const way = [view, id, session].filter(Boolean).map(encodeURIComponent).join("/");
  const filled = Object.entries(query).filter(([, value]) => value);
  const text = new URLSearchParams(filled).toString();
  return `#/${way}${text ? `?${text}` : ""}`;
}

/** Go somewhere. */
export function go(where) {
  location.hash = address(where);
}

/** Change the query of the address without a new place in the history. */
export function requery(query) {
  const { view, case: id, session } = state.route;
  history.replaceState(null, "", address({ view, case: id, session, query }));
  set({ route: read() });
}

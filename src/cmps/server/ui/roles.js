// Why: buttons that the server would refuse are not shown. The server decides; this only spares
// the reader a dead end.

import { state } from "./store.js";

export const ROLES = ["viewer", "operator", "reviewer", "admin"];

/** Whether the person logged in may do what a role may. */
export function may(role) {
  return ROLES.indexOf(state.me?.role) >= ROLES.indexOf(role);
}

/** Whether the shown search can be changed: an operator, and the case is open. */
export function canSearch() {
  return may("operator") && !state.case?.closed_at;
}

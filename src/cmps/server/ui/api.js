// Why: every request goes through here, so that the CSRF header, errors and a lost login are
// handled once.

const BASE = "/api/v1";
let csrf = "";

/** An answer that was no success; `message` is the server's line with the way out. */
export class ApiError extends Error {
  constructor(status, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Remember the token that unsafe methods need. */
export function trust(token) {
  csrf = token ?? "";
}

async function request(method, path, body, options = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined || form ? body : JSON.stringify(body),
      credentials: "same-origin",
      signal: options.signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "");
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  throw new ApiError(response.status, reason(text), Number(response.headers.get("Retry-After")));
}

function reason(text) {
  try {
    const plain = JSON.parse(text);
    if (typeof plain.error === "string") return plain.error;
    return typeof plain.detail === "string" ? plain.detail : "";
  } catch {
    return "";
  }
}

export const get = (path, options) => request("GET", path, undefined, options);
export const post = (path, body = {}, options = {}) => request("POST", path, body, options);
export const change = (path, body) => request("PATCH", path, body);
export const remove = (path) => request("DELETE", path);

/** The list in an answer, which says its name: {"cases": […]}. */
export async function list(way, query = {}) {
  const name = way.split("/").at(-1);
  const answer = await get(path(way, query));
  return Array.isArray(answer) ? answer : (answer[name] ?? answer.events ?? []);
}

/** A path with a query; empty values are left out. */
export function path(way, query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(filled).toString();
  return text ? `${way}?${text}` : way;
}

/** Where a sighting's picture is; looking at it is noted in the case. */
export function pictureOf(sighting, caseId) {
  return `${BASE}${path(`/sightings/${encodeURIComponent(sighting)}/picture`, { case: caseId })}`;
}

export const witnessSound = (id) => `${BASE}/witnesses/${encodeURIComponent(id)}/recording`;

// Why: the page redraws from one state without losing focus, scroll or half-typed words, and
// without a framework. h() describes an element, patch() changes what is there into it. Elements
// with a key are moved rather than made anew, so a focused card stays focused when it is re-ranked.

const SVG = "http://www.w3.org/2000/svg";
const LIVE = new Set(["value", "checked", "disabled", "open", "selected", "indeterminate", "hidden"]);

/** Describe an element: tag, attributes (on… listeners, style object, key, ref), children. */
export function h(tag, attributes, ...children) {
  const { key = null, ref = null, ...rest } = attributes ?? {};
  return { tag, key, ref, attributes: rest, children: children.flat(Infinity).filter(shown) };
}

function shown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

/** Make the children of an element be those described. */
export function patch(parent, described) {
  const wanted = [described].flat(Infinity).filter(shown);
  const keyed = new Map();
  for (const node of parent.childNodes) {
    if (node.described?.key != null) keyed.set(node.described.key, node);
  }
  let at = parent.firstChild;
  for (const one of wanted) {
    const node = reuse(one, at, keyed) ?? create(one, parent);
    if (node === at) at = at.nextSibling;
    else place(parent, node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function place(parent, node, before) {
  // moveBefore keeps focus and playing animations; browsers without it get the focus back by hand
  if (node.parentNode === parent && parent.moveBefore) return parent.moveBefore(node, before);
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, before);
  focused?.focus({ preventScroll: true });
  return undefined;
}

function reuse(one, at, keyed) {
  if (typeof one !== "object") {
    if (at?.nodeType !== Node.TEXT_NODE) return null;
    if (at.data !== String(one)) at.data = String(one);
    return at;
  }
  const node = one.key != null ? keyed.get(one.key) : at;
  if (!node?.described || node.described.tag !== one.tag || node.described.key !== one.key) {
    return null;
  }
  dress(node, one);
  return node;
}

function create(one, parent) {
  if (typeof one !== "object") return document.createTextNode(String(one));
  const drawing = one.tag === "svg" || parent.namespaceURI === SVG;
  const node = drawing
    ? document.createElementNS(SVG, one.tag)
    : document.createElement(one.tag);
  dress(node, one);
  one.ref?.(node);
  return node;
}

function dress(node, one) {
  const before = node.described?.attributes ?? {};
  const handlers = {};
  // children first: a select takes its value only once its options are there
  node.described = one;
  if (!one.tag.includes("-")) patch(node, one.children);
  for (const [name, value] of Object.entries(one.attributes)) {
    if (name.startsWith("on")) handlers[name.slice(2)] = value;
    else if (name === "style") Object.entries(value).forEach(([key, v]) => node.style.setProperty(key, v));
    else if (LIVE.has(name)) node[name] === value || (node[name] = value ?? "");
    else if (before[name] !== value) attribute(node, name, value);
  }
  for (const name of Object.keys(before)) {
    if (name in one.attributes || name.startsWith("on") || name === "style") continue;
    if (LIVE.has(name) && typeof before[name] === "boolean") node[name] = false;
    else node.removeAttribute(name);
  }
  listen(node, handlers);
}

function attribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

function listen(node, handlers) {
  node.handlers ??= {};
  for (const name of Object.keys(handlers)) {
    if (!(name in node.handlers)) node.addEventListener(name, heard);
  }
  for (const name of Object.keys(node.handlers)) node.handlers[name] = handlers[name] ?? null;
  Object.assign(node.handlers, handlers);
}

function heard(event) {
  event.currentTarget.handlers[event.type]?.(event);
}

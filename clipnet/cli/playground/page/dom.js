// Small helpers to build the page. Text comes in as text nodes only.

/** An element with properties, listeners (`onclick`) or attributes, and children; null and false are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined && child !== ""));
  return node;
}

/** A small button; `told` says the whole of what it does. */
export function small(label, told, onclick) {
  return el("button", { type: "button", className: "small", title: told, "aria-label": told, onclick }, label);
}

/** Draws a part of an item anew only when what it shows changed, so that playing videos and the focus stay. */
export function fill(node, value, draw) {
  const seen = JSON.stringify(value);
  if (node.seen === seen) return;
  const at = [...node.querySelectorAll("button")].indexOf(document.activeElement);
  node.seen = seen;
  node.replaceChildren(...draw(value).filter(Boolean));
  node.hidden = !node.childNodes.length;
  if (at >= 0) node.querySelectorAll("button")[at]?.focus();
}

/** The players of an item. */
export function videos(sources) {
  return sources.map((src) => el("video", { src, controls: true, preload: "metadata", playsInline: true, "aria-label": "Video" }));
}

/** The pictures of an item. */
export function images(sources) {
  return sources.map((src) => el("img", { src, alt: "Thumbnail of the clip" }));
}

/** What Discord's client shows of a text: escaped signs as themselves. */
export function plain(text) {
  return text.replace(/\\([\\*_~`|>#\-[\]().!+<:@])/g, "$1");
}

/** Hours and minutes. */
export function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** A round picture with the first letter of a name. */
export function face(name, bot) {
  return el("span", { className: `face ${bot ? "bot" : name.toLowerCase()}`, "aria-hidden": "true" }, bot ? "▶" : name[0]);
}

/** A select; options are texts or [value, text]. */
export function select(label, options, props = {}) {
  const made = options.map((one) => (Array.isArray(one) ? el("option", { value: one[0] }, one[1]) : el("option", { value: one }, one)));
  return el("select", { "aria-label": label, ...props }, ...made);
}

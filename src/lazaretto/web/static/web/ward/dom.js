// Makes elements. Everything that is shown goes through here as text, never as markup.

/**
 * @param {string} tag An element and its classes, as `button.w-key`.
 * @param {Record<string, any>} [about] Attributes; `on…` are listeners.
 * @param {...(Node | string | number | null | undefined | false | (Node | string | null | false)[])} inside
 * @returns {HTMLElement}
 */
export function h(tag, about = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  if (name === "button" && !about.type) element.setAttribute("type", "button");
  for (const one of inside.flat(Infinity)) if (one !== null && one !== undefined && one !== false) element.append(one instanceof Node ? one : String(one));
  return element;
}

/** A shape or icon of the sprite; a word always stands beside it. @param {string} id @param {number} [size] */
export function shape(id, size = 16) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ class: id.startsWith("i-") ? "lz-icon" : "lz-glyph", width: size, height: size, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }))
    svg.setAttribute(key, String(value));
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

/** Says something to those who listen to the page. @param {string} said */
export function announce(said) {
  const region = document.getElementById("ward-said");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = said; });
}

/** Making elements out of names and texts. Nothing is ever parsed as HTML. */

import { wordPieces } from "./bytes.js";

/** Return an element; of `properties`, those that begin with "on" are called, the others are attributes. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** Return words that may come from anywhere: what cannot be seen in them is marked, and they stay in their place. */
export function words(text) {
  return make("bdi", {}, ...wordPieces(text).map(pieceElement));
}

/** Return what shows a piece of words or of a request. */
export function pieceElement({ kind, text }) {
  return kind === "text" ? text : make("span", { class: kind }, text);
}

/** Texts of ours in which something stands that is more than plain text, such as a name in its own direction. */

import { html, type TemplateResult } from "lit";
import type { Context, Key } from "../context.ts";

/** A character that nobody's texts use, for each place. */
const FIRST_PLACE = 0xe000;

/** Return a text with these values in their places. */
export function filled(context: Context, key: Key, values: Readonly<Record<string, unknown>>): TemplateResult {
  const names = Object.keys(values);
  const places = names.map((name, index) => [name, String.fromCharCode(FIRST_PLACE + index)] as const);
  const pieces = context.t(key, Object.fromEntries(places)).split(/([\ue000-\ue0ff])/);
  return html`${pieces.map((piece) => {
    const name = names[piece.charCodeAt(0) - FIRST_PLACE];
    return name === undefined ? piece : values[name];
  })}`;
}

/** Words that may come from anywhere, on the page: as text, in their place, with marks for what cannot be seen. */

import { html, type TemplateResult } from "lit";
import { wordPieces, type Piece } from "./pieces.ts";

/** Beyond so many, the rest is one mark: words that are made of marks must not take the page's breath. */
const MOST_PIECES = 64;

/** Return what shows these words. */
export function shown(text: string): TemplateResult {
  return html`<bdi
    >${few(wordPieces(text)).map((piece) =>
      piece.kind === "text" ? piece.text : html`<span class="mark">${piece.text}</span>`,
    )}</bdi
  >`;
}

function few(pieces: readonly Piece[]): readonly Piece[] {
  if (pieces.length <= MOST_PIECES) return pieces;
  const rest = pieces.slice(MOST_PIECES).map(({ text }) => text);
  return [...pieces.slice(0, MOST_PIECES), { kind: "mark", text: rest.join("") }];
}

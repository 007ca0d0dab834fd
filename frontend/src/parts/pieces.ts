/** Words that may come from anywhere, in pieces: what cannot be seen in them is marked. */

export interface Piece {
  /** `text`; `mark` stands for something unseen. */
  readonly kind: "text" | "mark";
  readonly text: string;
}

/** In names and answers, where lines, emoji and the joiners of many scripts are as they should be. */
const UNSEEN_IN_WORDS =
  /(?![\n\t])\p{Cc}|[\p{Zl}\p{Zp}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{e0000}-\u{e007f}]/gu;
const HEX = 16;
const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const SPACE = 0x20;

/** Return words in pieces. */
export function wordPieces(text: string): Piece[] {
  return joined(textPieces(text, UNSEEN_IN_WORDS));
}

/** Return pieces, those of a kind that follow upon another as one: hostile words have a mark for each character. */
export function joined<P extends { readonly kind: string; readonly text: string }>(pieces: Iterable<P>): P[] {
  const found: { kind: string; texts: string[]; first: P }[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last?.kind === piece.kind) last.texts.push(piece.text);
    else found.push({ kind: piece.kind, texts: [piece.text], first: piece });
  }
  return found.map(({ first, texts }) => ({ ...first, text: texts.join("") }));
}

/** Return a text in pieces, those that `unseen` finds as marks. A line's end CR LF, where it finds one, is LF. */
export function* textPieces(text: string, unseen: RegExp): Generator<Piece> {
  let from = 0;
  let plain = "";
  for (const match of text.matchAll(unseen)) {
    const found = match[0];
    plain += text.slice(from, match.index);
    from = match.index + found.length;
    if (found === "\r\n") {
      plain += "\n";
      continue;
    }
    if (plain) yield { kind: "text", text: plain };
    yield { kind: "mark", text: markOf(found) };
    plain = found === "\n" ? "\n" : "";
  }
  plain += text.slice(from);
  if (plain) yield { kind: "text", text: plain };
}

function markOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < SPACE) return String.fromCodePoint(CONTROL_PICTURES + point);
  if (point === DELETE) return "␡";
  return `[U+${point.toString(HEX).toUpperCase().padStart(4, "0")}]`;
}

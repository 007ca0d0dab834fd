/** A request's bytes as a person can read them: nothing left out, nothing hidden, nothing interpreted. */

import { joined, textPieces } from "../parts/pieces.ts";
import type { Preview } from "../words.ts";

/** `mark` stands for something unseen, `key` is where the key goes, `sound` where sound is. */
export type BytesPiece =
  | { readonly kind: "text" | "mark" | "key"; readonly text: string }
  | { readonly kind: "sound"; readonly bytes: number };
type TextPiece = Exclude<BytesPiece, { kind: "sound" }>;

export interface Sound {
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly seconds: number;
}

const HEX = 16;
const WAV_HEAD_BYTES = 44;
/** What cannot be seen, or changes how its neighbours look. A line's usual end is none of it. */
const UNSEEN = /\r\n|[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Return the bytes that base 64 stands for. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Return a request in pieces, in order. Throws where the bytes are not what the preview says: nothing to approve. */
export function requestPieces(bytes: Uint8Array, preview: Preview): BytesPiece[] {
  const { body_at: bodyAt, marker, audio_at: audioAt, audio_bytes: audioBytes } = preview;
  if (bytes.length !== preview.size_bytes || bodyAt > bytes.length) throw new Error("size");
  const pieces = headPieces(bytes.subarray(0, bodyAt), marker);
  if (!audioBytes) return [...pieces, ...piecesOf(bytes.subarray(bodyAt))];
  if (audioAt < bodyAt || audioAt + audioBytes > bytes.length) throw new Error("sound");
  return [
    ...pieces,
    ...piecesOf(bytes.subarray(bodyAt, audioAt)),
    { kind: "sound", bytes: audioBytes },
    ...piecesOf(bytes.subarray(audioAt + audioBytes)),
  ];
}

/** Return a piece of a request that is sound, and how long it lasts. Throws where it is not a plain WAV file. */
export function soundOf(bytes: Uint8Array<ArrayBuffer>, preview: Preview): Sound {
  const wav = bytes.slice(preview.audio_at, preview.audio_at + preview.audio_bytes);
  const view = new DataView(wav.buffer);
  const name = (at: number) => String.fromCharCode(...wav.subarray(at, at + 4));
  const isPlain =
    wav.length >= WAV_HEAD_BYTES &&
    name(0) === "RIFF" &&
    view.getUint32(4, true) === wav.length - 8 &&
    name(8) === "WAVE" &&
    name(12) === "fmt " &&
    view.getUint32(16, true) === 16 &&
    name(36) === "data" &&
    view.getUint32(40, true) === wav.length - WAV_HEAD_BYTES;
  if (!isPlain) throw new Error("sound"); // something could be in it that is not heard
  return { wav, seconds: (wav.length - WAV_HEAD_BYTES) / view.getUint32(28, true) };
}

function headPieces(head: Uint8Array, marker: string): BytesPiece[] {
  if (!marker) return piecesOf(head);
  const at = find(head, marker);
  const after = at + marker.length;
  if (at < 0 || find(head.subarray(after), marker) >= 0) throw new Error("marker");
  return [...piecesOf(head.subarray(0, at)), { kind: "key", text: marker }, ...piecesOf(head.subarray(after))];
}

function find(bytes: Uint8Array, ascii: string): number {
  return new TextDecoder("latin1").decode(bytes).indexOf(ascii); // one character for each byte
}

function piecesOf(bytes: Uint8Array): TextPiece[] {
  return joined(unjoined(bytes));
}

function* unjoined(bytes: Uint8Array): Generator<TextPiece> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length;) {
    let end = at;
    for (let size; end < bytes.length && (size = characterSize(bytes, end)); end += size);
    yield* textPieces(decoder.decode(bytes.subarray(at, end)), UNSEEN);
    at = end;
    for (; end < bytes.length && !characterSize(bytes, end); end += 1);
    if (end > at) yield { kind: "mark", text: Array.from(bytes.subarray(at, end), hexOf).join("") };
    at = end;
  }
}

/** Return how many bytes a character takes that is whole UTF-8; 0 where none begins. */
function characterSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80; // not longer than need be,
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf; // no half of a pair, nothing beyond the last
  for (let next = 1; next < size; next += 1) {
    const byte = bytes[at + next];
    if (byte === undefined || byte < (next === 1 ? lowest : 0x80) || byte > (next === 1 ? highest : 0xbf)) return 0;
  }
  return size;
}

function hexOf(byte: number): string {
  return `\\x${byte.toString(HEX).padStart(2, "0")}`;
}

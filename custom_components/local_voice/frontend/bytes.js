/** A request's bytes as a person can read them: nothing left out, nothing hidden, nothing interpreted. */

const HEX = 16;
const WAV_HEAD_BYTES = 44;
/** What cannot be seen, or changes how its neighbours look. A line's usual end is none of it. */
const UNSEEN = /\r\n|[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
/** The same in names and answers, where lines, emoji and the joiners of many scripts are as they should be. */
const UNSEEN_IN_WORDS = /(?![\n\t])\p{Cc}|[\p{Zl}\p{Zp}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{e0000}-\u{e007f}]/gu;
const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const SPACE = 0x20;

/** Return the bytes that base 64 stands for. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * Return a request in pieces, in order: `text`, `mark` (stands for something unseen), `key` (where the key goes) and
 * `sound`. Throws where the bytes are not what the preview says of them: then nothing may be approved.
 */
export function requestPieces(bytes, preview) {
  const { body_at: bodyAt, marker, audio_at: audioAt, audio_bytes: audioBytes } = preview;
  if (bytes.length !== preview.size_bytes || bodyAt > bytes.length) throw new Error("size");
  const [head, body] = [bytes.subarray(0, bodyAt), bytes.subarray(bodyAt)];
  const pieces = [...headPieces(head, marker)];
  if (!audioBytes) return [...pieces, ...piecesOf(body)];
  if (audioAt < bodyAt || audioAt + audioBytes > bytes.length) throw new Error("sound");
  return [
    ...pieces,
    ...piecesOf(bytes.subarray(bodyAt, audioAt)),
    { kind: "sound", bytes: audioBytes },
    ...piecesOf(bytes.subarray(audioAt + audioBytes)),
  ];
}

/** Return a piece of a request that is sound, and how long it lasts. Throws where it is not a plain WAV file. */
export function soundOf(bytes, { audio_at: audioAt, audio_bytes: audioBytes }) {
  const wav = bytes.slice(audioAt, audioAt + audioBytes);
  const view = new DataView(wav.buffer);
  const name = (at) => String.fromCharCode(...wav.subarray(at, at + 4));
  const isPlain =
    wav.length >= WAV_HEAD_BYTES &&
    name(0) === "RIFF" && view.getUint32(4, true) === wav.length - 8 && name(8) === "WAVE" &&
    name(12) === "fmt " && view.getUint32(16, true) === 16 &&
    name(36) === "data" && view.getUint32(40, true) === wav.length - WAV_HEAD_BYTES;
  if (!isPlain) throw new Error("sound"); // something could be in it that is not heard
  return { wav, seconds: (wav.length - WAV_HEAD_BYTES) / view.getUint32(28, true) };
}

/** Return words in pieces, `text` and `mark`: a name or an answer, which may come from anywhere. */
export function wordPieces(text) {
  return joined(textPieces(text, UNSEEN_IN_WORDS));
}

function headPieces(head, marker) {
  if (!marker) return piecesOf(head);
  const at = find(head, marker);
  const after = at + marker.length;
  if (at < 0 || find(head.subarray(after), marker) >= 0) throw new Error("marker");
  return [...piecesOf(head.subarray(0, at)), { kind: "key", text: marker }, ...piecesOf(head.subarray(after))];
}

function find(bytes, ascii) {
  return new TextDecoder("latin1").decode(bytes).indexOf(ascii); // one character for each byte
}

function piecesOf(bytes) {
  const pieces = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    for (let size; end < bytes.length && (size = characterSize(bytes, end)); end += size);
    for (const piece of textPieces(decoder.decode(bytes.subarray(at, end)), UNSEEN)) pieces.push(piece);
    at = end;
    for (; end < bytes.length && !characterSize(bytes, end); end += 1);
    if (end > at) pieces.push({ kind: "mark", text: Array.from(bytes.subarray(at, end), hexOf).join("") });
    at = end;
  }
  return joined(pieces);
}

/** Return fewer pieces: neighbours of a kind become one. */
function joined(pieces) {
  const found = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else found.push({ ...piece });
  }
  return found;
}

/** Return how many bytes a character takes that is whole UTF-8; 0 where none begins. */
function characterSize(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const lowest = { 0xe0: 0xa0, 0xf0: 0x90 }[first] ?? 0x80; // not longer than need be,
  const highest = { 0xed: 0x9f, 0xf4: 0x8f }[first] ?? 0xbf; // no half of a pair, nothing beyond the last
  for (let next = 1; next < size; next += 1) {
    const byte = bytes[at + next]; // undefined at the end, which compares as false
    if (!(byte >= (next === 1 ? lowest : 0x80) && byte <= (next === 1 ? highest : 0xbf))) return 0;
  }
  return size;
}

function* textPieces(text, unseen) {
  let from = 0;
  let plain = "";
  for (const { 0: found, index } of text.matchAll(unseen)) {
    plain += text.slice(from, index);
    from = index + found.length;
    if (found === "\r\n") {
      plain += "\n";
      continue;
    }
    if (plain) yield { kind: "text", text: plain };
    plain = "";
    yield { kind: "mark", text: markOf(found) };
    if (found === "\n") plain = "\n";
  }
  plain += text.slice(from);
  if (plain) yield { kind: "text", text: plain };
}

function markOf(character) {
  const point = character.codePointAt(0);
  if (point < SPACE) return String.fromCodePoint(CONTROL_PICTURES + point);
  if (point === DELETE) return "␡";
  return `[U+${point.toString(HEX).toUpperCase().padStart(4, "0")}]`;
}

function hexOf(byte) {
  return `\\x${byte.toString(HEX).padStart(2, "0")}`;
}

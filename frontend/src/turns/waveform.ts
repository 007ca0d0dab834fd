/** A recording's samples, and how loud it is along its way. Pure. */

/** What there is of a WAV file with 16 bits and one channel, as the gateway's recordings are. */
export interface Wave {
  readonly rateHz: number;
  readonly samples: Int16Array;
}

const RIFF = "RIFF";
const WAVE = "WAVE";
const HEADER_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const SAMPLE_BYTES = 2;
const PCM = 1;
const FULL_SCALE = 32_768;
/** Speech seldom comes near full scale; what is quieter than this is not blown up into speech. */
const QUIETEST_FULL = 0.05;

/** Return the samples of a WAV file; null for anything else. */
export function waveOf(file: ArrayBuffer): Wave | null {
  const view = new DataView(file);
  if (view.byteLength < HEADER_BYTES || tag(view, 0) !== RIFF || tag(view, CHUNK_HEAD_BYTES) !== WAVE) return null;
  let rateHz = 0;
  for (let at = HEADER_BYTES; at + CHUNK_HEAD_BYTES <= view.byteLength;) {
    const name = tag(view, at);
    const begin = at + CHUNK_HEAD_BYTES;
    const size = Math.min(view.getUint32(at + 4, true), view.byteLength - begin);
    if (name === "fmt " && size >= 16) {
      const isOurs = view.getUint16(begin, true) === PCM && view.getUint16(begin + 2, true) === 1;
      if (!isOurs || view.getUint16(begin + 14, true) !== 8 * SAMPLE_BYTES) return null;
      rateHz = view.getUint32(begin + 4, true);
    } else if (name === "data") {
      const whole = size - (size % SAMPLE_BYTES);
      return rateHz ? { rateHz, samples: new Int16Array(file.slice(begin, begin + whole)) } : null;
    }
    at = begin + size + (size % 2);
  }
  return null;
}

/** Return the loudest of each of `count` stretches, from 0 to 1. */
export function peaks({ samples }: Wave, count: number): number[] {
  const found = Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => Math.floor((edge * samples.length) / count));
    let loudest = 0;
    for (let at = from ?? 0; at < (to ?? 0); at++) loudest = Math.max(loudest, Math.abs(samples[at] ?? 0));
    return loudest / FULL_SCALE;
  });
  const full = Math.max(QUIETEST_FULL, ...found);
  return found.map((peak) => peak / full);
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, index) => view.getUint8(at + index)));
}

/** Fetches what was recorded of a turn: once it is asked for, for who may hear it, and into memory only. */

import type { Context } from "../context.ts";
import type { Failure } from "../hass.ts";

/** A turn's recording is a minute at most, 2 MB; what is larger is none. */
const LARGEST_BYTES = 8 * 1024 * 1024;
/** As long as the address is good for. */
const FETCH_MS = 30_000;

/** Return the file. Throws a `Failure`, or an Error where nothing answers. */
export async function fetchSound(
  context: Context,
  entryId: string,
  turnId: string,
  ended: AbortSignal,
): Promise<ArrayBuffer> {
  const { path } = await context.call<{ path: string }>("ledger/play", { entry_id: entryId, turn_id: turnId });
  ended.throwIfAborted(); // whoever fetches it has heard it, by the audit log
  const signal = AbortSignal.any([ended, AbortSignal.timeout(FETCH_MS)]);
  const answer = await fetch(context.hass.hassUrl(path), { cache: "no-store", signal });
  const file = await answer.blob();
  if (!answer.ok) throw await failureOf(file);
  if (file.size > LARGEST_BYTES) throw new Error("too large");
  return file.arrayBuffer();
}

/** Return why there is no sound, as the view says it in JSON. */
async function failureOf(said: Blob): Promise<unknown> {
  try {
    const { code, message } = JSON.parse(await said.text()) as Failure;
    return { code: code ?? "", message: message ?? "" } satisfies Failure;
  } catch {
    return new Error("no answer");
  }
}

/** What is deleted where less is kept than before. */

import type { Kept } from "../words.ts";

/** For how long in seconds; null: not at all. */
export type Keeping = Pick<Kept, "transcripts_s" | "audio_s">;

/** What goes: a text, and how old it has to be. */
export interface Loss {
  readonly key: `settings.warn_${"all" | "older" | "recordings" | "recordings_older"}`;
  readonly seconds: number;
}

/** Return how long things really are kept: no recording without what was said, and none for longer. */
export function afterwards(kept: Keeping | null): Keeping {
  const { transcripts_s: transcriptsS = null, audio_s: audioS = null } = kept ?? {};
  if (transcriptsS === null || audioS === null) return { transcripts_s: transcriptsS, audio_s: null };
  return { transcripts_s: transcriptsS, audio_s: Math.min(audioS, transcriptsS) };
}

/** Return what is deleted at once, the most first. */
export function losses(before: Keeping, after: Keeping): readonly Loss[] {
  const [was, becomes] = [afterwards(before), afterwards(after)];
  if (was.transcripts_s === null) return [];
  if (becomes.transcripts_s === null) return [{ key: "settings.warn_all", seconds: 0 }];
  const isShorter = becomes.transcripts_s < was.transcripts_s;
  const lost: Loss[] = isShorter ? [{ key: "settings.warn_older", seconds: becomes.transcripts_s }] : [];
  if (was.audio_s === null) return lost;
  if (becomes.audio_s === null) return [...lost, { key: "settings.warn_recordings", seconds: 0 }];
  if (becomes.audio_s < was.audio_s && becomes.audio_s < becomes.transcripts_s)
    lost.push({ key: "settings.warn_recordings_older", seconds: becomes.audio_s });
  return lost;
}

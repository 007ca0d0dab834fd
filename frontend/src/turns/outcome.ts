/** How a turn ended, at a glance: an icon, a word and a tone. */

import {
  mdiAlertCircleOutline,
  mdiCheckCircleOutline,
  mdiCloseCircleOutline,
  mdiCloudOutline,
  mdiEarHearingOff,
  mdiEraser,
  mdiHelpCircleOutline,
  mdiMessageQuestionOutline,
  mdiMessageTextOutline,
  mdiMicrophoneOff,
  mdiScissorsCutting,
  mdiTextRecognition,
  mdiUndo,
} from "@mdi/js";
import type { Key } from "../context.ts";
import { own } from "../parts/own.ts";
import type { Turn } from "../words.ts";

/** `good`, `plain`, `warning` and `bad` are colours of the icon; the word says it as well. */
export type Tone = "good" | "plain" | "warning" | "bad";

export interface Outcome {
  readonly icon: string;
  readonly word: Key;
  readonly tone: Tone;
}

const CUT_SHORT: Outcome = { icon: mdiScissorsCutting, word: "outcomes.cut_short", tone: "plain" };
const FALSE_WAKE: Outcome = { icon: mdiEarHearingOff, word: "outcomes.false_wake", tone: "warning" };
/** By what the gateway says (`gateway/events.py`, `Outcome`; `recognized` and `question` of turns by Home Assistant). */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  action: { icon: mdiCheckCircleOutline, word: "outcomes.action", tone: "good" },
  answer: { icon: mdiMessageTextOutline, word: "outcomes.answer", tone: "good" },
  not_understood: { icon: mdiHelpCircleOutline, word: "outcomes.not_understood", tone: "warning" },
  not_confirmed: { icon: mdiCloseCircleOutline, word: "outcomes.not_confirmed", tone: "plain" },
  nothing_heard: { icon: mdiMicrophoneOff, word: "outcomes.nothing_heard", tone: "plain" },
  no_wake: { icon: mdiMicrophoneOff, word: "outcomes.no_wake", tone: "plain" },
  never_mind: { icon: mdiUndo, word: "outcomes.never_mind", tone: "plain" },
  consent_asked: { icon: mdiCloudOutline, word: "outcomes.consent_asked", tone: "plain" },
  forgotten: { icon: mdiEraser, word: "outcomes.forgotten", tone: "plain" },
  error: { icon: mdiAlertCircleOutline, word: "outcomes.error", tone: "bad" },
  recognized: { icon: mdiTextRecognition, word: "outcomes.recognized", tone: "plain" },
  question: { icon: mdiMessageQuestionOutline, word: "outcomes.question", tone: "plain" },
};

export function outcomeOf({ kind, outcome, wake_mark: mark }: Pick<Turn, "kind" | "outcome" | "wake_mark">): Outcome {
  if (kind === "false_wake" || mark === "false") return FALSE_WAKE;
  return own(OUTCOMES, outcome) ?? CUT_SHORT;
}

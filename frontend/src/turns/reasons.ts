/**
 * Why what happened in a turn did happen, from what the gateway noted of it (`gateway/server/turn_rows.py`). Each of its
 * phrases is tried with this by `tests/gateway/server/test_page_reasons.py`.
 */

import type { Key } from "../context.ts";
import { own } from "../parts/own.ts";
import type { Turn } from "../words.ts";

export interface Reasons {
  /** What is said of it, in this order. */
  readonly texts: readonly Key[];
  /** What failed, as a code; empty where nothing did. */
  readonly failure: string;
  /** Where a person is asked whether something may be sent; empty otherwise. */
  readonly requestId: string;
  /** What the assistant asked back; empty where it did not. */
  readonly question: string;
  readonly answer: string;
  /** Whether a rule of this household had a part in it. */
  readonly isByRule: boolean;
}

const SILENCES: readonly (readonly [said: string, text: Key])[] = [
  ["nobody spoke", "reasons.silence"],
  ["that was taken for noise", "reasons.noise"],
  ["there were no words in it", "reasons.no_words"],
];
/** Behind what it was taken for, where that is no reading of what was heard. */
const READINGS: readonly (readonly [said: string, text: Key])[] = [
  [", by rule", "reasons.rule"],
  [", as somebody said who was asked", "reasons.asked"],
  [": of what is in this house, ", "reasons.by_sound"],
];
const NEAREST = "others spoke as well, and only what was said nearest counts";
const OUTCOMES: Readonly<Record<string, Key>> = {
  answer: "reasons.own_sentence",
  not_understood: "reasons.not_understood",
  never_mind: "reasons.never_mind",
  forgotten: "reasons.forgotten",
  recognized: "reasons.recognized",
};
const REQUEST = /^a person was asked whether the (?:words|recording) may be sent to the cloud, request ([\w-]{1,64})/;
const QUESTION =
  /(?:^|; )asked "(.+?)"; (?:no answer was heard|heard "(.*)"(?:, which is not a yes|(; asked for the PIN))?)(?:; something failed: \w+)?(?:; it was cut short)?$/s;
const FAILURE = /(?:^|; )something failed: ([a-z0-9_]{1,64})(?:; it was cut short)?$/;

export function reasonsOf(turn: Turn): Reasons {
  const told = afterWords(turn.why, `heard "${turn.heard}"`);
  const all = afterWords(told, NEAREST);
  const taken = READINGS.find(([said]) => all.startsWith(`took it for "${turn.used}"${said}`))?.[1];
  const isByRule = taken === "reasons.rule";
  const why = afterWords(afterWords(all, `took it for "${turn.used}"`), `took "${turn.used}"`);
  const failure = FAILURE.exec(why)?.[1] ?? "";
  const [, question = "", answer = "", pin = ""] = QUESTION.exec(why) ?? [];
  const requestId = REQUEST.exec(why)?.[1] ?? "";
  const texts: Key[] = [
    ...(told.startsWith(NEAREST) ? (["reasons.nearest"] as const) : []),
    ...meaning(turn, why, { taken, requestId }),
    ...nothingDone(turn, { question, answer, isPinAsked: Boolean(pin) }),
  ];
  if (why.endsWith("it was cut short")) texts.push("reasons.cut_short");
  return { texts, failure, requestId, question, answer, isByRule };
}

/** Return what follows these words: what was heard may say anything, also what is looked for here. */
function afterWords(why: string, words: string): string {
  return why.startsWith(words) ? why.slice(words.length).replace(/^; /, "") : why;
}

function meaning(turn: Turn, why: string, { taken, requestId }: { taken: Key | undefined; requestId: string }): Key[] {
  if (turn.outcome === "nothing_heard")
    return [SILENCES.find(([said]) => why.startsWith(said))?.[1] ?? "reasons.nothing"];
  if (requestId) return ["reasons.consent"];
  if (turn.intent || turn.used) {
    if (taken) return [taken];
    return [turn.used === turn.heard ? "reasons.likeliest" : "reasons.later"];
  }
  const known = own(OUTCOMES, turn.outcome);
  return known ? [known] : [];
}

function nothingDone(
  turn: Turn,
  { question, answer, isPinAsked }: Pick<Reasons, "question" | "answer"> & { readonly isPinAsked: boolean },
): Key[] {
  if (isPinAsked) return [turn.outcome === "not_confirmed" ? "reasons.no_pin" : "reasons.pin"];
  if (question && !answer) return ["reasons.no_answer"];
  if (turn.outcome === "not_confirmed") return [question ? "reasons.no_yes" : "reasons.needs_yes"];
  if (turn.outcome === "never_mind" && turn.intent) return ["reasons.never_mind"];
  return [];
}

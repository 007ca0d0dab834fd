/** Counts by day, as they are plotted: a day each, or over a longer time a week each. */

import type { Context } from "../context.ts";
import type { Counts, Stats } from "../words.ts";

/** Days that one may look back at; the longer ones are whole weeks. */
export const PERIODS = [7, 30, 91, 364] as const;
export type Period = (typeof PERIODS)[number];
/** More bars than this are told apart with difficulty on a phone: then weeks. */
const MOST_BARS = 31;
const WEEK_DAYS = 7;
const DAY_MS = 86_400_000;

/** A day, or a week. */
export interface Span {
  /** Its first day, `2026-11-22`. */
  readonly day: string;
  readonly label: string;
  readonly counts: Counts;
  /** Until the answer sounded: the middle of its days; null where there was none. */
  readonly reply_ms: number | null;
  readonly corrected_right: number;
}

/** Return the days of `stats`, the oldest first, in as many spans as can be looked at. */
export function spansOf({ days }: Stats, { format }: Context): Span[] {
  const size = days.length > MOST_BARS ? WEEK_DAYS : 1;
  const spans: Span[] = [];
  for (let from = days.length % size; from < days.length; from += size) {
    const group = days.slice(from, from + size);
    const day = group[0]?.day ?? "";
    spans.push({
      day,
      label: format.shortDay(day),
      counts: group.map(({ counts }) => counts).reduce(sum),
      reply_ms: middle(group.flatMap(({ reply_ms: ms }) => ms ?? [])),
      corrected_right: group.reduce((all, { corrected_right: right }) => all + right, 0),
    });
  }
  return spans;
}

/** Return of those turns in which it can be told how many were understood, 0 to 1. */
export function understoodShare({ understood, not_understood: not }: Counts): number | null {
  return understood + not ? understood / (understood + not) : null;
}

/** Tell whether turns of `span` may still be kept, whose corrections can be tried again. */
export function mayBeKept(span: Span, transcriptsS: number | null): boolean {
  const ageMs = Date.now() - Date.parse(`${span.day}T00:00:00Z`);
  return transcriptsS !== null && ageMs <= transcriptsS * 1_000 + WEEK_DAYS * DAY_MS;
}

function sum(one: Counts, other: Counts): Counts {
  return {
    turns: one.turns + other.turns,
    understood: one.understood + other.understood,
    not_understood: one.not_understood + other.not_understood,
    cloud: one.cloud + other.cloud,
    failed: one.failed + other.failed,
    false_wakes: one.false_wakes + other.false_wakes,
    corrected: one.corrected + other.corrected,
  };
}

function middle(values: number[]): number | null {
  const sorted = values.sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

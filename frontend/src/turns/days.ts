/** Days as the home's clocks show them. */

import type { Selection } from "../words.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** Return the turns of a day (`2026-11-22`); all of them where it names none. */
export function dayBounds(day: string, timeZone: string | undefined): Selection {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (!DAY.test(day) || Number.isNaN(midnight)) return {};
  return { since: moment(midnight, timeZone), until: moment(midnight + DAY_MS, timeZone) };
}

/** Return the day that is so many days before another. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, "2026-11-22".length);
}

/** Return the moment at which clocks in the zone show what one of UTC shows at `wallMs`. */
function moment(wallMs: number, timeZone: string | undefined): string {
  const first = wallMs - offsetMs(wallMs, timeZone);
  return new Date(wallMs - offsetMs(first, timeZone)).toISOString(); // again: clocks may have changed between the two
}

/** Return by how much clocks in the zone are ahead of UTC. */
function offsetMs(timeMs: number, timeZone: string | undefined): number {
  const clock = new Intl.DateTimeFormat("sv-SE", {
    ...(timeZone === undefined ? {} : { timeZone }),
    dateStyle: "short",
    timeStyle: "medium",
  });
  return Date.parse(`${clock.format(timeMs).replace(" ", "T")}Z`) - timeMs;
}

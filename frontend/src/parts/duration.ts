/** Lengths of time that people choose. */

export const DAY_S = 86_400;
const UNITS = [
  ["day", DAY_S],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Return a length of time in the largest unit that says it exactly: "7 days", "90 minutes". */
export function duration(language: string, seconds: number): string {
  const [unit, size] = UNITS.find(([, unitS]) => seconds >= unitS && seconds % unitS === 0) ?? ["second", 1];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}

/** Where things are on a plot: the steps of its upright axis, and which labels have room below. */

const MOST_STEPS = 4;
/** Steps that people count in. */
const ROUND = [1, 2, 5, 10];

export interface Scale {
  readonly ticks: readonly number[];
  readonly top: number;
}

/** Return an axis from 0 to a round number that is `most` or more; with `isWhole` in steps of whole numbers. */
export function scaleOf(most: number, isWhole: boolean): Scale {
  const wanted = Math.max(most, 0) / MOST_STEPS || (isWhole ? 1 : 0.25);
  const power = 10 ** Math.floor(Math.log10(wanted));
  // A sum of tenths is a little more or less than it says.
  const round = power * (ROUND.find((step) => step * power >= wanted * (1 - 1e-9)) ?? 1);
  const step = isWhole ? Math.max(1, Math.ceil(round)) : round;
  const steps = Math.max(1, Math.ceil((most / step) * (1 - 1e-9)));
  return { ticks: Array.from({ length: steps + 1 }, (_, number) => number * step), top: steps * step };
}

/** Return which of `count` labels, `width` wide each, are shown below a plot: evenly, the last one always. */
export function labelled(count: number, plotWidth: number, width: number): Set<number> {
  const every = Math.max(1, Math.ceil((width * count) / Math.max(plotWidth, 1)));
  return new Set(Array.from({ length: Math.ceil(count / every) }, (_, number) => count - 1 - number * every));
}

/** Return the runs of neighbours that have a value: a line is drawn through each. */
export function runsOf(values: readonly (number | null)[]): (readonly [number, number])[][] {
  const runs: [number, number][][] = [];
  let isOpen = false;
  for (const [index, value] of values.entries()) {
    if (value !== null && isOpen) runs.at(-1)?.push([index, value]);
    else if (value !== null) runs.push([[index, value]]);
    isOpen = value !== null;
  }
  return runs;
}

/** The turns that match, the newest first, a page at a time; kept true while others come, change and are forgotten. */

import type { Selection, Turn, TurnPage } from "../words.ts";

/** The gateway answers no more at once. */
export const PAGE_TURNS = 64;
/** In memory, some 1 KB each: more than anybody scrolls through; a day or a room finds the others. */
const MOST_TURNS = 20_000;
/** Of a search one after the other, a second each at most, before somebody is asked whether it should go on. */
const MOST_EMPTY_PAGES = 8;
/** Turns asked for again, 64 at once, when some were forgotten; where more are shown they are had anew instead. */
const MOST_RECHECKED = 1_024;

export interface Query {
  readonly selection: Selection;
  /** All of them occur; none where empty. */
  readonly words: string;
}

export type Ask = (fields: Readonly<Record<string, unknown>>) => Promise<TurnPage>;

export class Pages {
  hasAnswered = false;
  isLoading = false;
  isAtEnd = false;
  /** A search that has looked through much and found nothing: it goes on where somebody wants that. */
  isPaused = false;
  failure: unknown = null;
  /** How many turns are newer than those that are shown: they wait until who reads wants them. */
  freshCount = 0;
  #all: readonly Turn[] = [];
  #before: number | null = null;
  /** Where the page after a turn begins, by the turn's id. */
  readonly #cursors = new Map<string, number>();
  /** Another one each time everything is had anew: what was asked before that counts no more. */
  #generation = 0;
  #isRefreshing = false;
  #isRefreshDue = false;

  /** `isReading` tells whether what is shown must not move; `changed` is told after each change. */
  constructor(
    private readonly ask: Ask,
    readonly query: Query,
    private readonly isReading: () => boolean,
    private readonly changed: () => void,
  ) {}

  get turns(): readonly Turn[] {
    return this.freshCount ? this.#all.slice(this.freshCount) : this.#all;
  }

  get isFull(): boolean {
    return this.#all.length >= MOST_TURNS;
  }

  find(turnId: string): Turn | undefined {
    return this.#all.find(({ turn_id: id }) => id === turnId);
  }

  /** Load the next page, unless there is none, or it is under way. */
  async more(): Promise<void> {
    if (this.isLoading || this.isAtEnd || this.isFull) return;
    const generation = this.#generation;
    this.isLoading = true;
    this.isPaused = false;
    this.failure = null;
    this.changed();
    try {
      for (let pages = 1; ; pages++) {
        const page = await this.#page(this.#before);
        if (generation !== this.#generation) return;
        this.#append(page);
        if (page.turns.length || page.before === null) break;
        this.isPaused = pages >= MOST_EMPTY_PAGES;
        if (this.isPaused) break;
      }
    } catch (error) {
      if (generation !== this.#generation) return;
      this.failure = error ?? {};
    }
    this.isLoading = false;
    this.hasAnswered = true;
    this.changed();
    if (this.#isRefreshDue) void this.refresh();
  }

  /** Have the newest again: once more at the end where it is asked for meanwhile. */
  async refresh(): Promise<void> {
    this.#isRefreshDue = true;
    if (this.#isRefreshing || !this.hasAnswered) return;
    this.#isRefreshing = true;
    try {
      while (this.#isRefreshDue) {
        this.#isRefreshDue = false;
        const generation = this.#generation;
        const page = await this.#page(null);
        if (generation === this.#generation) this.#merge(page);
      }
    } catch {
      // What is shown stays: the frame says that the gateway is away, and the next news bring us here again.
    }
    this.#isRefreshing = false;
  }

  showFresh(): void {
    this.freshCount = 0;
    this.changed();
  }

  /** Have everything anew. */
  async restart(): Promise<void> {
    this.#clear();
    this.changed();
    await this.more();
  }

  /** Find out which turns are gone; `seen` of those that are shown are above the end of the screen, or near it. */
  async recheck(seen: number): Promise<void> {
    this.#cut(this.freshCount + seen);
    if (!this.hasAnswered || this.#all.length > MOST_RECHECKED) return this.restart();
    const generation = ++this.#generation; // what was asked before may tell of what is gone
    const wasLoading = this.isLoading;
    this.isLoading = false;
    const ids = this.#all.map(({ turn_id: id }) => id);
    try {
      for (let from = 0; from < ids.length; from += PAGE_TURNS) {
        const asked = ids.slice(from, from + PAGE_TURNS);
        const found = new Map((await turnsOf(this.ask, asked)).map((turn) => [turn.turn_id, turn]));
        if (generation !== this.#generation) return; // all of it was had anew
        const gone = new Set(asked.filter((id) => !found.has(id)));
        this.#set(this.#all.map((turn) => found.get(turn.turn_id) ?? turn).filter(({ turn_id: id }) => !gone.has(id)));
      }
    } catch {
      if (generation === this.#generation) await this.restart(); // rather nothing than what may be forgotten
      return;
    }
    await this.refresh();
    if (wasLoading) await this.more();
  }

  replace(turn: Turn): void {
    this.#set(this.#all.map((known) => (known.turn_id === turn.turn_id ? turn : known)));
  }

  drop(isGone: (turn: Turn) => boolean): void {
    if (this.#all.some(isGone)) this.#set(this.#all.filter((turn) => !isGone(turn)));
  }

  /** Let go of what is past its date: nobody tells of that. */
  age(nowMs: number): void {
    const aged = this.#all.map((turn) => agedTurn(turn, nowMs));
    if (aged.some((turn, place) => turn !== this.#all[place])) this.#set(aged.filter((turn) => turn !== null));
  }

  #page(before: number | null): Promise<TurnPage> {
    return this.ask({ ...this.query, before, limit: PAGE_TURNS });
  }

  #append({ turns, before }: TurnPage): void {
    const known = new Set(this.#all.map(({ turn_id: id }) => id));
    this.#all = [...this.#all, ...turns.filter(({ turn_id: id }) => !known.has(id))];
    this.#goesOn(before);
  }

  #goesOn(before: number | null): void {
    this.#before = before;
    this.isAtEnd = before === null;
    const last = this.#all.at(-1);
    if (last && before !== null) this.#cursors.set(last.turn_id, before);
  }

  /** Take the newest page: what is new, what is different, and what is no more there. */
  #merge({ turns, before }: TurnPage): void {
    const places = new Map(this.#all.map(({ turn_id: id }, place) => [id, place]));
    const last = turns.findLastIndex(({ turn_id: id }) => places.has(id));
    const seen = new Set(this.turns.map(({ turn_id: id }) => id));
    const isRead = this.isReading();
    if (before === null || last < 0 || (this.isFull && !isRead)) {
      if (before !== null && !turns.length) return; // a search that has not come far enough to say anything
      this.#clear(); // all there is; or none of it is known; or too much of it
      this.#all = turns;
      this.hasAnswered = true;
      this.#goesOn(before);
    } else {
      const place = places.get(turns[last]?.turn_id ?? "") ?? -1;
      this.#all = [...turns.slice(0, last + 1), ...this.#all.slice(place + 1)];
    }
    const place = this.#all.findIndex(({ turn_id: id }) => seen.has(id));
    this.freshCount = isRead ? Math.max(0, place) : 0;
    this.changed();
  }

  #clear(): void {
    this.#generation++;
    this.#cursors.clear();
    this.#all = [];
    this.#before = null;
    this.freshCount = 0;
    this.hasAnswered = this.isLoading = this.isAtEnd = this.isPaused = false;
    this.failure = null;
  }

  /** Show these instead of all that there were: none is new, some may be gone. */
  #set(turns: readonly Turn[]): void {
    const fresh = new Set(this.#all.slice(0, this.freshCount).map(({ turn_id: id }) => id));
    this.#all = turns;
    this.freshCount = turns.filter(({ turn_id: id }) => fresh.has(id)).length;
    this.changed();
  }

  /** Let go of what comes after the first `count` turns, at the end of a page: it is loaded again where it is wanted. */
  #cut(count: number): void {
    const at = this.#all.findIndex(({ turn_id: id }, place) => place >= count && this.#cursors.has(id));
    const before = this.#cursors.get(this.#all[at]?.turn_id ?? "");
    if (before === undefined || at === this.#all.length - 1) return;
    this.#generation++;
    this.isLoading = false;
    this.#all = this.#all.slice(0, at + 1);
    this.#goesOn(before);
  }
}

/** Return a turn as it is kept at a moment: without its sound where its time is up; null where the turn's own is. */
export function agedTurn(turn: Turn, nowMs: number): Turn | null {
  if (Date.parse(turn.keep_until) <= nowMs) return null;
  return Date.parse(turn.clip_until) <= nowMs ? { ...turn, clip_until: "" } : turn;
}

/** Return those of the named turns, at most `PAGE_TURNS`, that are still there. */
export async function turnsOf(ask: Ask, turnIds: readonly string[]): Promise<readonly Turn[]> {
  const found: Turn[] = [];
  let before: number | null = null;
  do {
    const page: TurnPage = await ask({ selection: { turn_ids: turnIds }, words: "", before, limit: PAGE_TURNS });
    found.push(...page.turns);
    if (!page.turns.length) break;
    ({ before } = page);
  } while (before !== null);
  return found;
}

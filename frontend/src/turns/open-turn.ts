/** The turn that is open: it is fetched where the list has not got it, and known to be gone where it is. */

import type { ReactiveControllerHost } from "lit";
import { agedTurn, turnsOf, type Ask } from "./pages.ts";
import type { Turn } from "../words.ts";

const ID = /^[0-9a-f]{32}$/;

export class OpenTurn {
  id = "";
  turn: Turn | null = null;
  /** It was forgotten, its time was up, or there never was one. */
  isGone = false;
  failure: unknown = null;
  /** Another one with each question: an answer to an earlier one counts no more. */
  #asked = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly ask: Ask,
  ) {}

  /** Open a turn, or none; `known` where the list has it. */
  open(id: string, known: Turn | undefined): void {
    this.#asked++;
    this.id = id;
    this.turn = known ?? null;
    this.isGone = false;
    this.failure = null;
    if (id && !known) void this.fetch();
  }

  /** Ask for it anew. */
  async fetch(): Promise<Turn | null> {
    const { id } = this;
    const asked = ++this.#asked;
    this.failure = null;
    try {
      const turn = ID.test(id) ? ((await turnsOf(this.ask, [id]))[0] ?? null) : null;
      if (asked !== this.#asked) return null;
      this.turn = turn;
      this.isGone = Boolean(id) && !turn;
    } catch (error) {
      if (asked !== this.#asked) return null;
      this.turn = null; // rather nothing than what may be forgotten
      this.failure = error ?? {};
    }
    this.host.requestUpdate();
    return this.turn;
  }

  /** Take what the list has by now; nothing where it has not got it. */
  take(turn: Turn | undefined): void {
    if (turn && turn.turn_id === this.id) this.turn = turn;
  }

  /** Let go of it, or of its sound, where its time is up. */
  age(nowMs: number): void {
    const aged = this.turn && agedTurn(this.turn, nowMs);
    if (aged === this.turn) return;
    this.turn = aged;
    this.isGone = aged === null;
    this.host.requestUpdate();
  }
}

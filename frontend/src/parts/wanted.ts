/** What a person chose, shown until the gateway has told it back: otherwise a switch would flip back for a moment. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

/** So long after the gateway has agreed, what it tells counts, whatever that is. */
const SETTLE_MS = 3_000;

export class Wanted<T> implements ReactiveController {
  #wanted: { readonly value: T } | null = null;
  #timer: number | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.#forget();
  }

  /** Return what to show, where this is what is told. */
  over(told: T): T {
    if (this.#wanted?.value === told) this.#forget();
    return this.#wanted ? this.#wanted.value : told;
  }

  /** Show `value` while `done` goes on, and until it is told; what is told where that fails. */
  async until(value: T, done: Promise<unknown>): Promise<void> {
    this.#forget();
    const wanted = (this.#wanted = { value });
    this.host.requestUpdate();
    try {
      await done;
      if (this.#wanted === wanted) this.#timer = window.setTimeout(() => this.#drop(), SETTLE_MS);
    } catch (error) {
      if (this.#wanted === wanted) this.#drop();
      throw error;
    }
  }

  #drop(): void {
    this.#forget();
    this.host.requestUpdate();
  }

  #forget(): void {
    this.#wanted = null;
    window.clearTimeout(this.#timer);
  }
}

/** Something that is done whenever news come, and no more often than it need be, however many come. */

export class Paced {
  #isBusy = false;
  #isDue = false;
  /** Another one each time it is ended: what was begun before counts no more. */
  #era = 0;

  constructor(
    private readonly work: () => Promise<void>,
    /** After each time, before the next. */
    private readonly restMs: number,
  ) {}

  /** Do it: now, or once for all that come meanwhile when it has been done and rested. */
  readonly ask = (): void => {
    this.#isDue = true;
    if (!this.#isBusy) void this.#run();
  };

  /** Do it no more until it is asked for again. */
  end(): void {
    this.#era++;
    this.#isBusy = this.#isDue = false;
  }

  async #run(): Promise<void> {
    const era = this.#era;
    this.#isBusy = true;
    while (this.#isDue && era === this.#era) {
      this.#isDue = false;
      await this.work();
      await new Promise((resolve) => setTimeout(resolve, this.restMs));
    }
    if (era === this.#era) this.#isBusy = false;
  }
}

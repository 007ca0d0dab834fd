/** What a view asks of the ledger, kept up with: asked anew of another gateway, and when something was forgotten. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Context, TurnNews } from "../context.ts";
import { Paced } from "../parts/paced.ts";
import type { LedgerGateway } from "../words.ts";

/** Between two questions: many turns may be forgotten one after the other. */
const REST_MS = 1_000;

type Host = ReactiveControllerHost & { readonly context: Context; readonly gateway: LedgerGateway };
/** Asks; `isWanted` tells whether an answer still counts. */
type Ask<T> = (gateway: LedgerGateway, isWanted: () => boolean) => Promise<T>;

export class Asked<T> implements ReactiveController {
  /** The latest that was told, of this gateway; null before, and where that failed. */
  told: T | null = null;
  failure: unknown = null;
  isAsking = false;
  /** Another one each time: an answer to an earlier question counts no more. */
  #number = 0;
  #gateway: LedgerGateway | null = null;
  #news: EventTarget | null = null;
  readonly #forgotten = new Paced(() => this.anew(), REST_MS);

  constructor(
    private readonly host: Host,
    private readonly ask: Ask<T>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#listen(null);
  }

  hostUpdate(): void {
    this.#listen(this.host.context.news);
    const { gateway } = this.host;
    const before = this.#gateway;
    this.#gateway = gateway;
    const isSame = before?.entry_id === gateway.entry_id;
    // What was told stays while the gateway is away.
    if (isSame && before.scope === gateway.scope && (before.connected || !gateway.connected)) return;
    if (!isSame) this.told = null;
    void this.anew();
  }

  readonly anew = async (): Promise<void> => {
    const { gateway } = this.host;
    if (gateway.scope !== "all") return;
    const number = ++this.#number;
    const isWanted = () => number === this.#number;
    this.isAsking = true;
    this.failure = null;
    this.host.requestUpdate();
    try {
      const told = await this.ask(gateway, isWanted);
      if (!isWanted()) return;
      this.told = told;
    } catch (error) {
      if (!isWanted()) return;
      this.told = null;
      this.failure = error ?? {};
    }
    this.isAsking = false;
    this.host.requestUpdate();
  };

  /** Take this, whatever is being told: it may be out of date. */
  take(told: T | null): void {
    this.#number++;
    this.isAsking = false;
    this.told = told;
    this.host.requestUpdate();
  }

  #listen(news: EventTarget | null): void {
    if (news === this.#news) return;
    this.#forgotten.end();
    this.#news?.removeEventListener("turns", this.#hear);
    this.#news = news;
    this.#news?.addEventListener("turns", this.#hear);
  }

  /** Each turn that comes would change a little; what came of those that are forgotten has to go. */
  readonly #hear = (event: Event) => {
    const { entry_id: id, why } = (event as CustomEvent<TurnNews>).detail;
    if (id === this.host.gateway.entry_id && why === "forgotten") this.#forgotten.ask();
  };
}

/** How things stand, as Home Assistant tells it: three subscriptions, kept for as long as the page is shown. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { TurnNews } from "./context.ts";
import { INTEGRATION } from "./context.ts";
import type { Connection, Failure } from "./hass.ts";
import type { ConsentGateway, Gateway, LedgerGateway } from "./words.ts";

/** Home Assistant's own code for a command that nobody registered: the integration is not set up. */
const UNKNOWN = "unknown_command";
/** While Home Assistant starts, the page may be there before the integration is. */
const AGAIN_MS = 5_000;

interface Told<G> {
  readonly gateways?: readonly G[];
  readonly changed?: TurnNews;
}

export class Standing implements ReactiveController {
  /** Null until they have been told. */
  gateways: readonly Gateway[] | null = null;
  ledgers: readonly LedgerGateway[] | null = null;
  consents: readonly ConsentGateway[] | null = null;
  /** When `gateways` and `consents` were told, by `performance.now()`: their times that are left run from there. */
  gatewaysMs = 0;
  consentsMs = 0;
  isNotSetUp = false;
  failure: Failure | null = null;
  /** Told that turns came or went. */
  readonly news = new EventTarget();
  #connection: Connection | null = null;
  /** Another one each time it is followed: what is told to one before counts no more. */
  #era = 0;
  #again = 0;
  #ends: (() => Promise<void> | void)[] = [];

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  /** Be told by this connection from now on; by none, and know nothing, while it is lost. */
  follow(connection: Connection | null): void {
    if (connection === this.#connection) return;
    this.hostDisconnected();
    this.#connection = connection;
    if (connection) this.#begin();
  }

  #begin(): void {
    this.isNotSetUp = false;
    this.failure = null;
    void this.#subscribe<Gateway>("page", (told) => {
      this.gatewaysMs = performance.now();
      this.gateways = told.gateways ?? this.gateways;
    });
    void this.#subscribe<LedgerGateway>("ledger", (told) => {
      this.ledgers = told.gateways ?? this.ledgers;
      if (told.changed) this.news.dispatchEvent(new CustomEvent<TurnNews>("turns", { detail: told.changed }));
    });
    void this.#subscribe<ConsentGateway>("consent", (told) => {
      this.consentsMs = performance.now();
      this.consents = told.gateways ?? this.consents;
    });
  }

  hostDisconnected(): void {
    this.#connection = null;
    this.#end();
    this.gateways = this.ledgers = this.consents = null;
  }

  #end(): void {
    this.#era++;
    clearTimeout(this.#again);
    for (const end of this.#ends.splice(0)) ended(end);
  }

  async #subscribe<G>(what: string, take: (told: Told<G>) => void): Promise<void> {
    const era = this.#era;
    const hear = (told: Told<G>) => {
      if (era !== this.#era) return;
      take(told);
      this.host.requestUpdate();
    };
    try {
      const end = await this.#connection?.subscribeMessage<Told<G>>(hear, { type: `${INTEGRATION}/${what}/subscribe` });
      if (!end) return;
      if (era === this.#era) this.#ends.push(end);
      else ended(end);
    } catch (error) {
      if (era !== this.#era) return;
      this.failure = error ?? {};
      this.isNotSetUp = this.failure.code === UNKNOWN;
      if (this.isNotSetUp) this.#tryAgain();
      this.host.requestUpdate();
    }
  }

  #tryAgain(): void {
    clearTimeout(this.#again);
    this.#again = window.setTimeout(() => {
      this.#end();
      this.#begin();
      this.host.requestUpdate();
    }, AGAIN_MS);
  }
}

/** End a subscription, unless that has happened by itself with the connection. */
function ended(end: () => Promise<void> | void): void {
  void Promise.resolve(end()).catch(() => undefined);
}

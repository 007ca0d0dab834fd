/** One request: its exact bytes, what a person says to it, and what becomes of it. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Failure } from "../hass.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { ConsentGateway, DecidedRequest, Preview, WaitingRequest } from "../words.ts";
import { fateText, hostOf } from "./fate.ts";
import { contents, facts, forget, pastFacts, shownRequest, type ShownRequest } from "./shown-request.ts";
import { requestStyles } from "./request-styles.ts";
import "./answer.ts";
import "./left.ts";

/** Between the bytes' appearance and the first possible decision: a double click on what was there before is none. */
const REST_MS = 800;
/** Another preview is needed after these: what is on the screen can be approved no more. */
const OUTDATED: readonly unknown[] = ["altered", "not_shown"];
const ABOUT_THE_PIN: readonly unknown[] = ["wrong_pin", "pin_locked"];
const LONGEST_PIN = 32;

type Said = "fetching" | "reading" | "not_shown" | "pin_first" | "approving" | "refusing" | "approved" | "refused";

/** Shows one request for as long as it is on the page; another one is another element's. */
@customElement("lv-request")
export class RequestView extends View {
  static override styles = [styles, requestStyles];

  @property({ attribute: false }) gateways: readonly ConsentGateway[] = [];
  /** When they were told, by `performance.now()`. */
  @property({ attribute: false }) toldMs = 0;
  @property({ attribute: false }) requestId = "";
  /** The preview whose bytes are on the screen; nothing else can be approved. */
  @state() private shown: ShownRequest | null = null;
  @state() private said: Said | "" = "";
  @state() private failure: Failure | null = null;
  /** The bytes are fetched again where a person says so. */
  @state() private isStuck = false;
  @state() private isRested = false;
  @state() private isDeciding = false;
  @state() private isDecided = false;
  @query("h2") private heading!: HTMLElement;
  @query("input") private pin!: HTMLInputElement | null;
  #gateway: ConsentGateway | null = null;
  #waiting: WaitingRequest | null = null;
  #decided: DecidedRequest | null = null;
  /** What was last known of it while it waited. */
  #asked: WaitingRequest | null = null;
  #isAway = false;
  #isFetching = false;
  #untilMs = Infinity;
  #ending = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#ending);
    this.#clear();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("gateways")) this.#take();
  }

  protected override firstUpdated(): void {
    this.heading.focus({ preventScroll: true }); // it is read from the beginning
  }

  /** Take in how it stands now. */
  #take(): void {
    const has = <R extends { readonly request_id: string }>(list: readonly R[]) =>
      list.find(({ request_id: id }) => id === this.requestId);
    const gateway =
      this.gateways.find(({ entry_id: id }) => id === this.#gateway?.entry_id) ??
      this.gateways.find(({ waiting, decided }) => has(waiting) ?? has(decided));
    this.#gateway = gateway ?? this.#gateway;
    this.#isAway = gateway ? !gateway.connected : this.gateways.some(({ connected }) => !connected);
    if (gateway?.connected) {
      this.#decided = has(gateway.decided) ?? this.#decided;
      this.#waiting = this.#decided ? null : (has(gateway.waiting) ?? null);
    }
    if (!this.#waiting || this.#isAway) return;
    this.#asked = this.#waiting;
    this.#endAt(this.toldMs + this.#waiting.left_s * 1_000);
    if (!gateway?.may_approve) this.#clear();
    else if (!this.shown && !this.isStuck) void this.#fetch();
  }

  /** Its time is up then, if not earlier. */
  #endAt(untilMs: number): void {
    this.#untilMs = Math.min(this.#untilMs, untilMs);
    clearTimeout(this.#ending);
    const leftMs = Math.ceil(this.#untilMs - performance.now());
    this.#ending = window.setTimeout(() => this.requestUpdate(), Math.max(0, leftMs) + 1);
  }

  get #isWaiting(): boolean {
    return this.#waiting !== null;
  }

  /** Tell whether there is nobody to show it to, or nothing to decide. */
  #isPast(): boolean {
    return !this.isConnected || !this.#isWaiting;
  }

  get #isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  get #isOpen(): boolean {
    return this.#isWaiting && this.shown !== null && !this.isDecided;
  }

  get #canDecide(): boolean {
    return this.#isOpen && this.isRested && !this.#isAway && !this.isDeciding && !this.#isOver;
  }

  async #fetch(): Promise<void> {
    if (this.#isFetching || this.#isPast()) return;
    this.#isFetching = true;
    this.isStuck = false;
    this.#clear();
    this.#say("fetching");
    try {
      const preview = await this.#ask<Preview>("preview");
      if (this.#isPast() || !this.#gateway?.may_approve) return;
      this.shown = shownRequest(this.context, this.requestId, preview);
      this.#endAt(performance.now() + preview.left_s * 1_000);
      this.#say("reading");
      void this.#rest(this.shown);
    } catch (error) {
      this.#clear();
      this.isStuck = this.#isWaiting;
      if (codeOf(error)) this.failure = error as Failure;
      else this.#say("not_shown");
    } finally {
      this.#isFetching = false;
    }
  }

  /** Let a decision be possible when a person has had the time to see what it is about. */
  async #rest(shown: ShownRequest): Promise<void> {
    await this.updateComplete;
    const rested = () => (this.isRested = this.shown === shown);
    const rest = () => setTimeout(rested, REST_MS);
    requestAnimationFrame(() => requestAnimationFrame(rest)); // not before the bytes have been painted
  }

  /** Forget all that was shown. */
  #clear(): void {
    forget(this.shown);
    this.shown = null;
    this.isRested = false;
    if (this.hasUpdated && this.pin) this.pin.value = "";
  }

  async #decide(isYes: boolean): Promise<void> {
    const { shown, pin: input } = this;
    if (!shown || !this.#canDecide) return;
    const needsPin = isYes && Boolean(this.#gateway?.has_pin);
    const pin = needsPin ? (input?.value ?? "") : "";
    if (needsPin && !pin) {
      this.#say("pin_first");
      input?.focus();
      return;
    }
    this.isDeciding = true;
    this.#say(isYes ? "approving" : "refusing");
    const { hash, nonce } = shown.preview;
    try {
      await this.#ask(isYes ? "approve" : "refuse", isYes ? { hash, nonce, ...(pin && { pin }) } : {});
      this.isDecided = true;
      this.heading.focus({ preventScroll: true }); // the button that had the focus goes
      this.#say(isYes ? "approved" : "refused");
    } catch (error) {
      this.failure = error ?? {};
      if (OUTDATED.includes(codeOf(error))) {
        this.#clear();
        this.isStuck = true;
      }
      if (ABOUT_THE_PIN.includes(codeOf(error))) setTimeout(() => this.pin?.focus());
    } finally {
      if (input) input.value = "";
      this.isDeciding = false;
    }
  }

  #say(what: Said): void {
    this.said = what;
    this.failure = null;
  }

  #ask<T>(what: string, fields: Readonly<Record<string, string>> = {}): Promise<T> {
    const request = { entry_id: this.#gateway?.entry_id, request_id: this.requestId };
    return this.context.call<T>(`consent/${what}`, { ...request, ...fields });
  }

  protected override render(): TemplateResult {
    const { context } = this;
    return html`<section>
      <div class="titled">
        <h2 tabindex="-1">${context.t(this.#decided ? "request.heading_decided" : "request.heading")}</h2>
        ${this.#left()}
      </div>
      ${this.#facts()} ${this.#contents()} ${this.#decision()}
      <p class="status" role="status">${this.#status()}</p>
      <div class="actions" ?hidden=${!this.#canFetchAgain}>
        <button type="button" @click=${() => this.#fetch()}>${context.t("request.again")}</button>
      </div>
      <div aria-live="polite">${this.#fate()}</div>
    </section>`;
  }

  get #canFetchAgain(): boolean {
    return this.isStuck && this.#isWaiting;
  }

  #left(): TemplateResult | typeof nothing {
    if (!this.#isWaiting) return nothing;
    return html`<lv-left .context=${this.context} .untilMs=${this.#untilMs}></lv-left>`;
  }

  #facts(): TemplateResult | typeof nothing {
    const [gateway, asked, decided] = [this.#gateway, this.#asked, this.#decided];
    if (!gateway) return nothing;
    if (!asked) return decided ? pastFacts(this.context, decided, hostOf(gateway, decided)) : nothing;
    const preview = this.shown?.preview ?? null;
    const known = gateway.destinations.find(({ id }) => id === asked.destination_id);
    return facts(this.context, asked, preview?.destination ?? known ?? null, preview);
  }

  #contents(): TemplateResult | typeof nothing {
    const isSound = this.#waiting?.content === "audio";
    return html`${isSound ? html`<p class="warning">${this.context.t("request.audio_warning")}</p>` : nothing}
    ${this.shown ? contents(this.context, this.shown) : nothing}`;
  }

  #decision(): TemplateResult {
    const { context } = this;
    const button = (isYes: boolean) =>
      html`<button type="button" ?disabled=${!this.#canDecide} @click=${() => this.#decide(isYes)}>
        ${context.t(isYes ? "request.approve" : "request.refuse")}
      </button>`;
    return html`<div role="group" aria-label=${context.t("request.decision")} ?hidden=${!this.#isOpen}>
      <div class="titled">
        <h3>${context.t("request.decision")}</h3>
        ${this.#left()}
      </div>
      <p class="faint">${context.t("request.decision_hint")}</p>
      <label class="pin" ?hidden=${!this.#gateway?.has_pin}>
        ${context.t("request.pin")}
        <input type="password" autocomplete="off" maxlength=${LONGEST_PIN} spellcheck="false" />
      </label>
      <div class="decision">${button(false)}${button(true)}</div>
    </div>`;
  }

  #status(): string {
    const { context } = this;
    if (this.#decided) return "";
    if (this.#isAway) return context.t("cloud.away");
    if (!this.#isWaiting) return context.t("request.gone");
    if (!this.#gateway?.may_approve) return context.t("cloud.may_not");
    if (this.#isOpen && this.#isOver) return context.t("request.out_of_time");
    if (this.failure) return context.failure(this.failure);
    return this.said ? context.t(`request.${this.said}`) : "";
  }

  #fate(): TemplateResult | typeof nothing {
    const [decided, gateway] = [this.#decided, this.#gateway];
    if (!decided || !gateway) return nothing;
    return html`<h3>${fateText(this.context, decided)}</h3>
      ${
        decided.has_answer && gateway.may_approve
          ? html`<lv-answer
              .context=${this.context}
              .entryId=${gateway.entry_id}
              .requestId=${this.requestId}
              .host=${hostOf(gateway, decided)}
            ></lv-answer>`
          : nothing
      }`;
  }
}

function codeOf(error: unknown): unknown {
  return (error as Failure | undefined)?.code;
}

/** Correcting a turn: what was said, or should have happened; trying it; and having it learned. */

import { mdiChevronDown, mdiChevronUp } from "@mdi/js";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Corrected, LedgerGateway, Thing, Turn } from "../words.ts";
import { correctStyles } from "./correct-styles.ts";
import { doings, sentenceFor } from "./sentences.ts";
import "./thing-picker.ts";
import { tried } from "./tried.ts";

/** As on the wire (`gateway/rules.py`). */
const LONGEST_RULE_CHARS = 200;

/** `words`: other words were said, or something else should have happened. `name`: that is what a thing is called. */
type Kind = "words" | "name";
type Busy = "" | "try" | "keep";

/** Tells `corrected` with what was learned, and `closed`. */
@customElement("lv-correct")
export class CorrectView extends View {
  static override styles = [styles, correctStyles];

  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) turn!: Turn;
  /** That the gateway understands; sentences are put together in it. */
  @property() language = "";
  @state() private kind: Kind = "words";
  @state() private text = "";
  @state() private called = "";
  @state() private thing: Thing | null = null;
  @state() private isChoosing = false;
  @state() private things: readonly Thing[] | null = null;
  @state() private busy: Busy = "";
  @state() private found: Corrected | null = null;
  @state() private failure = "";
  @state() private thingsFailure = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("turn")) return;
    const before = changed.get("turn");
    if (before?.turn_id === this.turn.turn_id) return; // told anew; what a person has typed stays
    this.text = this.turn.correction?.meant || this.turn.heard || this.turn.used;
  }

  protected override firstUpdated(): void {
    this.#focus("h3", "form");
  }

  protected override render(): TemplateResult {
    const { context, busy } = this;
    const isReady = this.#asked() !== null && !busy && this.gateway.connected;
    return html`<form @submit=${this.#submit}>
      <h3 tabindex="-1">${context.t("correct.title")}</h3>
      <fieldset>
        <legend class="visually-hidden">${context.t("correct.kind")}</legend>
        ${this.#choice("words", "correct.kind_words")} ${this.#choice("name", "correct.kind_name")}
      </fieldset>
      ${this.kind === "words" ? this.#words() : this.#name()}
      <div class="actions">
        <button type="submit" class=${this.found ? "" : "primary"} ?disabled=${!isReady}>
          ${context.t(busy === "try" ? "correct.trying" : "correct.try")}
        </button>
        <button type="button" ?disabled=${busy === "keep"} @click=${this.#close}>${context.t("turn.cancel")}</button>
      </div>
      <p class="status" role="alert">${this.failure}</p>
      ${this.found ? this.#tried(this.found) : nothing}
    </form>`;
  }

  #choice(kind: Kind, key: "correct.kind_words" | "correct.kind_name"): TemplateResult {
    const choose = () => {
      this.kind = kind;
      this.#change();
      if (kind === "name") void this.#fetchThings();
    };
    return html`<label class="switch">
      <input type="radio" name="kind" .checked=${this.kind === kind} ?disabled=${this.busy !== ""} @change=${choose} />
      ${this.context.t(key)}
    </label>`;
  }

  #words(): TemplateResult {
    const { context } = this;
    const type = (event: Event) => {
      this.text = (event.target as HTMLInputElement).value;
      this.#change();
    };
    return html`<label
        >${context.t("correct.i_said")}
        <input
          name="meant"
          autocomplete="off"
          maxlength=${LONGEST_RULE_CHARS}
          ?disabled=${this.busy !== ""}
          .value=${this.text}
          @input=${type}
        />
      </label>
      <p class="faint">${context.t("correct.i_said_help")}</p>
      <button
        type="button"
        class="choose"
        aria-expanded=${this.isChoosing}
        ?disabled=${this.busy !== ""}
        @click=${this.#toggleChoosing}
      >
        ${context.t("correct.choose")} ${icon(this.isChoosing ? mdiChevronUp : mdiChevronDown)}
      </button>
      ${this.isChoosing ? html`<div class="chooser">${this.#picker()} ${this.#doings()}</div>` : nothing}`;
  }

  #name(): TemplateResult {
    const { context } = this;
    const type = (event: Event) => {
      this.called = (event.target as HTMLInputElement).value;
      this.#change();
    };
    return html`<label
        >${context.t("correct.called")}
        <input
          name="said"
          autocomplete="off"
          maxlength=${LONGEST_RULE_CHARS}
          ?disabled=${this.busy !== ""}
          .value=${this.called}
          @input=${type}
        />
      </label>
      <p class="faint">${context.t("correct.called_help")}</p>
      ${this.#picker()}`;
  }

  #picker(): TemplateResult {
    const { context, things } = this;
    if (this.thingsFailure)
      return html`<p class="status" role="alert">${this.thingsFailure}</p>
        <button type="button" @click=${this.#fetchThings}>${context.t("correct.again")}</button>`;
    if (!things) return html`<p class="faint" role="status">${context.t("correct.fetching_things")}</p>`;
    return html`<lv-thing-picker
      .context=${context}
      .things=${things}
      .chosen=${this.thing}
      @thing=${this.#choose}
    ></lv-thing-picker>`;
  }

  #doings(): TemplateResult | typeof nothing {
    const { context, thing, language } = this;
    const found = thing ? doings(language, thing.entity_id) : [];
    if (!thing || !found.length) return nothing;
    return html`<div class="actions" role="group" aria-label=${context.t("correct.should")}>
      ${found.map(
        (doing) =>
          html`<button type="button" @click=${() => this.#compose(sentenceFor(language, doing, thing.name))}>
            ${context.of("intents", doing)}
          </button>`,
      )}
    </div>`;
  }

  #tried(found: Corrected): TemplateResult {
    const { context, busy, gateway } = this;
    const doesHarm = found.harmed_count > 0;
    const isAllowed = !doesHarm || gateway.scope === "all";
    const name = found.rule ? (doesHarm ? "correct.learn_all_the_same" : "correct.learn") : "correct.note";
    return html`<div class="tried">
      <h3 tabindex="-1" id="tried">${context.t("correct.tried")}</h3>
      ${tried(context, gateway.scope, found)}
      ${
        isAllowed
          ? html`<div class="actions">
              <button
                type="button"
                class=${doesHarm ? "danger" : "primary"}
                ?disabled=${busy !== "" || !gateway.connected}
                @click=${this.#keep}
              >
                ${context.t(busy === "keep" ? "correct.learning" : name)}
              </button>
            </div>`
          : html`<p>${context.t("correct.harm_admins")}</p>`
      }
    </div>`;
  }

  readonly #toggleChoosing = async () => {
    this.isChoosing = !this.isChoosing;
    if (!this.isChoosing) return;
    await this.#fetchThings();
    await this.updateComplete;
    this.renderRoot.querySelector(".chooser")?.scrollIntoView({ block: "nearest" });
  };

  readonly #fetchThings = async () => {
    if (this.things) return;
    this.thingsFailure = "";
    try {
      const told = await this.context.call<{ things: Thing[] }>("page/things", { entry_id: this.gateway.entry_id });
      this.things = told.things;
    } catch (error) {
      this.thingsFailure = this.context.failure(error);
    }
  };

  readonly #choose = ({ detail: thing }: CustomEvent<Thing | null>) => {
    this.thing = thing;
    if (thing && this.kind === "words" && !doings(this.language, thing.entity_id).length) this.#compose(thing.name);
    else this.#change();
  };

  #compose(text: string): void {
    this.text = text;
    this.isChoosing = false;
    this.#change();
    this.#focus("input[name=meant]");
  }

  /** What was tried is not what stands there now. */
  #change(): void {
    this.found = null;
    this.failure = "";
  }

  /** Return what is to be tried; null where something is missing. */
  #asked(): Readonly<Record<string, string>> | null {
    if (this.kind === "words") {
      const meant = this.text.trim();
      return meant ? { meant } : null;
    }
    const said = this.called.trim();
    return said && this.thing ? { said, entity_id: this.thing.entity_id } : null;
  }

  readonly #submit = async (event: Event) => {
    event.preventDefault();
    if (this.busy) return;
    this.found = null;
    this.found = await this.#ask("try", {});
    if (this.found) this.#focus("#tried", ".tried");
  };

  readonly #keep = async () => {
    if (this.busy) return;
    const kept = await this.#ask("keep", { keep: true, despite_harm: (this.found?.harmed_count ?? 0) > 0 });
    if (kept && this.isConnected) this.dispatchEvent(new CustomEvent<Corrected>("corrected", { detail: kept }));
  };

  async #ask(busy: Exclude<Busy, "">, how: Readonly<Record<string, boolean>>): Promise<Corrected | null> {
    const asked = this.#asked();
    if (!asked) return null;
    this.busy = busy;
    this.failure = "";
    try {
      const about = { entry_id: this.gateway.entry_id, turn_id: this.turn.turn_id };
      return await this.context.call<Corrected>("ledger/correct", { ...about, ...asked, ...how });
    } catch (error) {
      this.failure = this.context.failure(error);
      return null;
    } finally {
      this.busy = "";
    }
  }

  readonly #close = () => this.dispatchEvent(new CustomEvent("closed"));

  /** Put the focus there, and have all of `part` in sight. */
  #focus(selector: string, part = selector): void {
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true });
      this.renderRoot.querySelector(part)?.scrollIntoView({ block: "nearest" });
    });
  }
}

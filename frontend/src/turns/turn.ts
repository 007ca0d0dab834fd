/** One turn: what was heard and why, what was done, its recording, and what can be done about it. */

import { mdiDeleteOutline, mdiPencilOutline } from "@mdi/js";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { icon } from "../parts/icons.ts";
import { NO, question } from "../parts/question.ts";
import { ruleWords } from "../parts/rule-words.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Corrected, Forgotten, LedgerGateway, Turn } from "../words.ts";
import "./clip.ts";
import "./correct.ts";
import "./corrected.ts";
import { tell } from "./events.ts";
import { stages, stagesStyles } from "./stages.ts";
import { details, head, story } from "./turn-parts.ts";
import { turnStyles } from "./turn-styles.ts";
import "./wake-mark.ts";

/** Tells `turn-changed` and `turn-forgotten` (`events.ts`). */
@customElement("lv-turn")
export class TurnView extends View {
  static override styles = [styles, stagesStyles, turnStyles];

  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) turn!: Turn;
  /** That the gateway understands, as `en`. */
  @property() language = "";
  @state() private open: "" | "correct" | "delete" = "";
  /** What was learned while it is open. */
  @state() private learned: Corrected | null = null;
  /** Whether what was learned from it outlives it. */
  @state() private keepsRule = true;
  @state() private isBusy = false;
  @state() private failure = "";

  /** Put the focus on the words. */
  override focus(): void {
    void this.focusOn("h2");
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("turn");
    if (!before || before.turn_id === this.turn.turn_id) return;
    this.open = "";
    this.failure = "";
    this.learned = null;
  }

  protected override render(): TemplateResult {
    const { context, gateway, turn, learned } = this;
    const go = (tab: string, parameters: Readonly<Record<string, string>>) => this.go(tab, parameters);
    return html`<article class="stack" aria-label=${context.t("turn.of")}>
      <section>
        ${head(context, gateway, turn)} ${turn.clip_until ? this.#clip() : nothing} ${story(context, turn, go)}
        ${this.#actions()}
      </section>
      ${
        turn.correction || learned
          ? html`<section>
              <lv-corrected .context=${context} .gateway=${gateway} .turn=${turn} .learned=${learned}></lv-corrected>
            </section>`
          : nothing
      }
      <section>${stages(context, turn.stages_ms)} ${details(context, turn)}</section>
    </article>`;
  }

  #clip(): TemplateResult {
    const { turn } = this;
    return html`<lv-clip
      .context=${this.context}
      entryId=${this.gateway.entry_id}
      turnId=${turn.turn_id}
      until=${turn.clip_until}
      ?isAway=${!this.gateway.connected}
    ></lv-clip>`;
  }

  #actions(): TemplateResult {
    const { context, gateway, turn } = this;
    if (this.open === "delete") return this.#deleting();
    if (this.open === "correct")
      return html`<lv-correct
        class="inner"
        .context=${context}
        .gateway=${gateway}
        .turn=${turn}
        language=${this.language || context.format.language}
        @corrected=${this.#corrected}
        @closed=${() => this.#close("correct")}
      ></lv-correct>`;
    const canCorrect = turn.heard !== "" || turn.clip_until !== "";
    return html`<div class="actions" role="group" aria-label=${context.t("turn.actions")}>
      ${
        canCorrect
          ? html`<button type="button" data-open="correct" ?disabled=${!gateway.connected} @click=${this.#openCorrect}>
              ${icon(mdiPencilOutline)} ${context.t("turn.correct")}
            </button>`
          : nothing
      }
      ${
        turn.wake_word && gateway.scope === "all"
          ? html`<lv-wake-mark .context=${context} .gateway=${gateway} .turn=${turn}></lv-wake-mark>`
          : nothing
      }
      <button
        type="button"
        class="danger"
        data-open="delete"
        ?disabled=${!gateway.connected}
        @click=${this.#openDelete}
      >
        ${icon(mdiDeleteOutline)} ${context.t("turn.delete")}
      </button>
    </div>`;
  }

  /** The rule that holds because of this turn; empty where none does. */
  private get ruleId(): string {
    return this.turn.correction?.rule_id ?? this.learned?.rule?.rule_id ?? "";
  }

  #deleting(): TemplateResult {
    const { context, isBusy, ruleId } = this;
    return question({
      text: html`<p><strong>${context.t("turn.delete_sure")}</strong></p>
        <p>${context.t("turn.delete_reach")}</p>
        ${ruleId ? this.#keeping(ruleId) : nothing}`,
      yes: context.t(isBusy ? "turn.deleting" : "turn.delete_now"),
      no: context.t("turn.cancel"),
      isBusy,
      canBeDone: this.gateway.connected,
      failure: this.failure,
      answer: (isYes) => (isYes ? void this.#delete() : this.#close("delete")),
    });
  }

  #keeping(ruleId: string): TemplateResult {
    const { context, learned, keepsRule } = this;
    const rule = learned?.rule?.rule_id === ruleId ? learned.rule : null;
    const until = this.gateway.scope === "all" ? "turn.rule_stays" : "turn.rule_stays_own";
    return html`<label class="switch">
        <input
          type="checkbox"
          aria-describedby="stays"
          .checked=${live(keepsRule)}
          ?disabled=${this.isBusy}
          @change=${this.#chooseRule}
        />
        ${context.t("turn.keep_rule")}
      </label>
      <p id="stays" class="faint">
        ${keepsRule ? html`${rule ? ruleWords(context, rule) : nothing} ${context.t(until)}` : context.t("turn.rule_goes")}
      </p>`;
  }

  readonly #chooseRule = ({ currentTarget }: Event) => {
    this.keepsRule = (currentTarget as HTMLInputElement).checked;
  };

  readonly #openCorrect = () => (this.open = "correct");

  readonly #openDelete = () => {
    this.failure = "";
    this.keepsRule = true;
    this.open = "delete";
    void this.focusOn(NO);
  };

  #close(what: "correct" | "delete"): void {
    this.open = "";
    void this.focusOn(`[data-open=${what}]`);
  }

  readonly #corrected = ({ detail }: CustomEvent<Corrected>) => {
    this.learned = detail;
    this.open = "";
    tell(this, "turn-changed", this.turn.turn_id);
    void this.focusOn("lv-corrected");
  };

  async #delete(): Promise<void> {
    const { turn_id: turnId } = this.turn;
    this.isBusy = true;
    this.failure = "";
    try {
      const { entry_id } = this.gateway;
      const keep_rules = this.keepsRule && this.ruleId !== "";
      await this.context.call<Forgotten>("ledger/forget", { entry_id, selection: { turn_ids: [turnId] }, keep_rules });
      tell(this, "turn-forgotten", turnId);
    } catch (error) {
      this.failure = this.context.failure(error);
    } finally {
      this.isBusy = false;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "lv-turn": TurnView;
  }
}

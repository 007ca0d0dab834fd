/** What a turn was corrected to, what was learned from that, and taking it back. */

import { mdiCheckCircleOutline } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { ruleWords, teacherName } from "../parts/rule-words.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Corrected, LedgerGateway, Turn } from "../words.ts";
import { tell } from "./events.ts";
import { meaning } from "./meaning.ts";
import { fact } from "./turn-parts.ts";

@customElement("lv-corrected")
export class CorrectedView extends View {
  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) turn!: Turn;
  /** What was learned just now. */
  @property({ attribute: false }) learned: Corrected | null = null;
  @state() private isBusy = false;
  /** The rule that was taken back just now. */
  @state() private undoneId = "";
  @state() private failure = "";

  override focus(): void {
    void this.focusOn("h3");
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("turn");
    if (before && before.turn_id !== this.turn.turn_id) this.undoneId = this.failure = "";
  }

  protected override render(): TemplateResult {
    const { context, turn, learned, undoneId } = this;
    const { correction } = turn;
    const ruleId = learned?.rule?.rule_id ?? correction?.rule_id ?? "";
    const isThere = ruleId !== "" && ruleId !== undoneId;
    const after = learned?.after ?? correction?.meaning;
    return html`<h3 tabindex="-1">${context.t("turn.corrected")}</h3>
      <dl class="facts">
        ${correction ? fact(context.t("turn.meant"), shown(correction.meant)) : nothing}
        ${after ? fact(context.t("turn.understood"), meaning(context, after)) : nothing}
        ${isThere && learned?.rule ? fact(context.t("turn.rule"), html`${ruleWords(context, learned.rule)}`) : nothing}
        ${correction ? fact(context.t("turn.who"), html`${this.#by(correction)}`) : nothing}
      </dl>
      <p class="status state ${isThere ? "good" : ""}" role="status">
        ${isThere ? icon(mdiCheckCircleOutline) : nothing}<span>${this.#state(isThere)}</span>
      </p>
      ${isThere ? this.#undoing(ruleId) : nothing}
      <p class="status" role="alert">${this.failure}</p>`;
  }

  #state(isThere: boolean): string {
    const { context, learned, undoneId } = this;
    if (undoneId && !isThere) return context.t("turn.undone");
    if (learned) return context.t(learned.rule ? "turn.learned" : "turn.noted");
    return context.t(isThere ? "turn.is_learned" : "turn.not_learned");
  }

  #by({ by, corrected_at: at }: NonNullable<Turn["correction"]>): unknown {
    const { context } = this;
    const name = teacherName(context, by) || context.t("turn.somebody");
    return html`${shown(name)}, ${context.format.dateTime(at)}`;
  }

  #undoing(ruleId: string): TemplateResult {
    const { context, gateway } = this;
    if (gateway.scope !== "all") return html`<p class="faint">${context.t("turn.undo_admins")}</p>`;
    return html`<div class="actions">
      <button type="button" ?disabled=${this.isBusy || !gateway.connected} @click=${() => this.#undo(ruleId)}>
        ${context.t("turn.undo")}
      </button>
    </div>`;
  }

  async #undo(ruleId: string): Promise<void> {
    const { turn_id: turnId } = this.turn;
    this.isBusy = true;
    this.failure = "";
    try {
      await this.context.call("ledger/remove_rule", { entry_id: this.gateway.entry_id, rule_id: ruleId });
      if (turnId !== this.turn.turn_id) return;
      this.undoneId = ruleId;
      this.focus();
      tell(this, "turn-changed", turnId);
    } catch (error) {
      if (turnId === this.turn.turn_id) this.failure = this.context.failure(error);
    } finally {
      this.isBusy = false;
    }
  }

  static override styles = [
    styles,
    css`
      h3 {
        margin: 0;
      }
      h3:focus {
        outline: none;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .good .icon {
        color: var(--lv-good);
      }
    `,
  ];
}

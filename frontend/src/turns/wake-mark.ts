/** Saying that nobody had spoken to it, or that somebody had after all; and what that changes about how it wakes. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { own } from "../parts/own.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, Tuning, Turn } from "../words.ts";
import { tell } from "./events.ts";

const PERCENT = 100;

@customElement("lv-wake-mark")
export class WakeMark extends View {
  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) turn!: Turn;
  @state() private isBusy = false;
  @state() private failure = "";
  @state() private said = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("turn");
    if (before && before.turn_id !== this.turn.turn_id) this.said = this.failure = "";
  }

  protected override render(): TemplateResult {
    const { context, turn } = this;
    const isMarked = turn.wake_mark === "false";
    const isFalse = !isMarked && turn.kind !== "false_wake";
    return html`${isMarked && !this.said ? html`<p>${context.t("turn.marked")}</p>` : nothing}
      <button type="button" ?disabled=${this.isBusy || !this.gateway.connected} @click=${() => this.#mark(isFalse)}>
        ${context.t(isFalse ? "turn.not_meant" : "turn.was_meant")}
      </button>
      <p class="status" role="status">${this.said}</p>
      <p class="status" role="alert">${this.failure}</p>`;
  }

  async #mark(isFalse: boolean): Promise<void> {
    const { turn_id: turnId } = this.turn;
    this.isBusy = true;
    this.said = this.failure = "";
    try {
      const about = { entry_id: this.gateway.entry_id, turn_id: turnId, is_false: isFalse };
      const tuning = await this.context.call<Tuning>("ledger/mark_wake", about);
      if (turnId !== this.turn.turn_id) return;
      this.said = isFalse ? this.#changed(tuning) : this.context.t("turn.unmarked");
      tell(this, "turn-changed", turnId);
    } catch (error) {
      if (turnId === this.turn.turn_id) this.failure = this.context.failure(error);
    } finally {
      this.isBusy = false;
    }
  }

  #changed({ is_changed: isChanged, satellite_id: id, sensitivity }: Tuning): string {
    const { context, gateway } = this;
    const changed = isChanged
      ? context.t("turn.marked_changed", {
          satellite: own(gateway.satellites, id) ?? id,
          percent: context.format.percent(sensitivity / PERCENT),
        })
      : context.t("turn.marked_same");
    return `${context.t("turn.marked")} ${changed}`;
  }

  static override styles = [
    styles,
    css`
      p {
        margin: 8px 0;
      }
      .status {
        max-width: 60ch;
      }
    `,
  ];
}

/** The time that is left to decide, each second. */

import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";

/** Often enough that no second is seen to last longer than another. */
const TICK_MS = 250;

@customElement("lv-left")
export class LeftElement extends View {
  static override styles = [styles];

  /** By `performance.now()`. */
  @property({ attribute: false }) untilMs = 0;
  @state() private leftS = 0;
  #ticking = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ticking = window.setInterval(() => this.#tick(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
  }

  protected override willUpdate(): void {
    this.#tick();
  }

  #tick(): void {
    this.leftS = Math.max(0, Math.ceil((this.untilMs - performance.now()) / 1_000));
  }

  protected override render(): TemplateResult {
    const time = this.context.format.left(this.leftS);
    return html`<span role="timer" class="number" aria-label=${this.context.t("request.time_left")}
      >${this.context.t("request.left", { time })}</span
    >`;
  }
}

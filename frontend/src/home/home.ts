/** Timers that run, and the satellites. */

import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { column } from "../parts/column.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Scope } from "../words.ts";
import "./satellites.ts";
import "./timers.ts";

@customElement("lv-home")
export class HomeView extends View {
  static override styles = [styles, column];

  @property({ attribute: false }) gateway!: Gateway;
  @property({ attribute: false }) scope: Scope = "nothing";
  /** When it was told, by `performance.now()`. */
  @property({ attribute: false }) toldMs = 0;

  protected override render(): TemplateResult {
    const { context, gateway, scope, toldMs } = this;
    return html`<div class="stack">
      <lv-timers .context=${context} .gateway=${gateway} .toldMs=${toldMs}></lv-timers>
      <lv-satellites .context=${context} .gateway=${gateway} .mayTune=${scope === "all"}></lv-satellites>
    </div>`;
  }
}

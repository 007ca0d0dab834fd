/** What keeps the home's words at home, and whether its log is whole. */

import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { column } from "../parts/column.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway } from "../words.ts";
import "./log.ts";
import "./protection.ts";

@customElement("lv-trust")
export class TrustView extends View {
  static override styles = [styles, column];

  @property({ attribute: false }) gateway!: Gateway;

  protected override render(): TemplateResult {
    const { context, gateway } = this;
    const toCloud = () => this.go("cloud");
    return html`<div class="stack">
      <lv-protection .context=${context} .trust=${gateway.trust}></lv-protection>
      <section>
        <h2>${context.t("trust.leaves")}</h2>
        <p>${context.t("trust.leaves_nothing")}</p>
        <p>${context.t("trust.leaves_request")} ${context.t("trust.leaves_log")}</p>
        <div class="actions"><button type="button" @click=${toCloud}>${context.t("trust.leaves_link")}</button></div>
      </section>
      <lv-log .context=${context} .gateway=${gateway}></lv-log>
    </div>`;
  }
}

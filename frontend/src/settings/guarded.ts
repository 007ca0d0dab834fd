/** What voice may change only after a yes or a PIN, or never. For administrators, who change it in Home Assistant. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway } from "../words.ts";
import { integrationLink, linkStyles } from "./integration-link.ts";

@customElement("lv-guarded")
export class GuardedElement extends View {
  static override styles = [
    styles,
    linkStyles,
    css`
      ul {
        margin: 8px 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: Gateway;

  protected override render(): TemplateResult | typeof nothing {
    const { context } = this;
    const { guarded } = this.gateway;
    if (!guarded) return nothing;
    return html`<section>
      <h2>${context.t("settings.guarded")}</h2>
      <p>${context.t("settings.guarded_text")}</p>
      ${
        guarded.decisions.length
          ? html`<p>${context.t("settings.guarded_own")}</p>
              <ul>
                ${guarded.decisions.map((title) => html`<li>${shown(title)}</li>`)}
              </ul>`
          : nothing
      }
      <p class="faint">${context.t(guarded.has_pin ? "settings.guarded_pin" : "settings.guarded_no_pin")}</p>
      ${integrationLink(context.t("settings.guarded_link"))}
    </section>`;
  }
}

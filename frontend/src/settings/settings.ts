/** What is kept, who may see it, what is protected, wake words and voices. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { column } from "../parts/column.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Kept } from "../words.ts";
import "./guarded.ts";
import "./hearing.ts";
import { integrationLink, linkStyles } from "./integration-link.ts";
import "./keeping.ts";
import "./people.ts";

@customElement("lv-settings")
export class SettingsView extends View {
  static override styles = [
    styles,
    column,
    linkStyles,
    css`
      .version {
        text-align: center;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: Gateway;
  @property({ attribute: false }) kept: Kept | null = null;

  protected override render(): TemplateResult {
    const { context, gateway, kept } = this;
    return html`<div class="stack">
      <lv-keeping .context=${context} .gateway=${gateway} .kept=${kept}></lv-keeping>
      ${gateway.options ? html`<lv-people .context=${context} .gateway=${gateway}></lv-people>` : nothing}
      ${gateway.guarded ? html`<lv-guarded .context=${context} .gateway=${gateway}></lv-guarded>` : nothing}
      <lv-hearing .context=${context} .gateway=${gateway}></lv-hearing>
      ${
        gateway.is_admin
          ? html`<section>
              <h2>${context.t("settings.rest")}</h2>
              <p>${context.t("settings.rest_text")}</p>
              ${integrationLink(context.t("settings.rest_link"))}
            </section>`
          : nothing
      }
      ${
        gateway.version
          ? html`<p class="version faint">${shown(context.t("settings.version", { version: gateway.version }))}</p>`
          : nothing
      }
    </div>`;
  }
}

/** What is kept, who may see it, wake words and voices. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { column } from "../parts/column.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Kept } from "../words.ts";
import "./hearing.ts";
import "./keeping.ts";
import "./people.ts";

const INTEGRATION_PAGE = "/config/integrations/integration/local_voice";

@customElement("lv-settings")
export class SettingsView extends View {
  static override styles = [
    styles,
    column,
    css`
      .version {
        text-align: center;
      }
      a.more {
        display: inline-flex;
        align-items: center;
        min-height: 40px;
        font-weight: 500;
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
      <lv-hearing .context=${context} .gateway=${gateway}></lv-hearing>
      ${
        gateway.is_admin
          ? html`<section>
              <h2>${context.t("settings.rest")}</h2>
              <p>${context.t("settings.rest_text")}</p>
              <a class="more" href=${INTEGRATION_PAGE}>${context.t("settings.rest_link")}</a>
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

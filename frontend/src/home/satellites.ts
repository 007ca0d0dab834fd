/** The satellites, each with whether it listens. */

import { mdiSpeaker } from "@mdi/js";
import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { notice } from "../parts/notice.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway } from "../words.ts";
import "./satellite.ts";

@customElement("lv-satellites")
export class SatellitesElement extends View {
  static override styles = [
    styles,
    css`
      .notice {
        padding: 24px;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: Gateway;
  /** Whether who looks may say how eagerly they wake. */
  @property({ attribute: false }) mayTune = false;

  protected override render(): TemplateResult {
    const { context, gateway, mayTune } = this;
    const { entry_id: entryId, connected, satellites } = gateway;
    const named = [...satellites].sort((one, other) => one.name.localeCompare(other.name, context.format.language));
    return html`<section>
      <h2>${context.t("home.satellites")}</h2>
      ${
        named.length
          ? html`<ul>
              ${repeat(
                named,
                ({ satellite_id: id }) => `${entryId} ${id}`,
                (satellite) =>
                  html`<li>
                    <lv-satellite
                      .context=${context}
                      .entryId=${entryId}
                      .satellite=${satellite}
                      .isReachable=${connected}
                      .mayTune=${mayTune}
                    ></lv-satellite>
                  </li>`,
              )}
            </ul>`
          : notice({
              icon: mdiSpeaker,
              title: context.t("home.no_satellites"),
              text: context.t("home.no_satellites_text"),
            })
      }
    </section>`;
  }
}

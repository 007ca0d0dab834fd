/** A satellite: where it is, what it does, whether it listens, and for administrators how eagerly it wakes. */

import { mdiChevronDown, mdiLinkOff, mdiMicrophone, mdiMicrophoneOff } from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { controls } from "../parts/controls.ts";
import { icon } from "../parts/icons.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { Wanted } from "../parts/wanted.ts";
import { View } from "../view.ts";
import type { Satellite } from "../words.ts";
import "./tuning.ts";

@customElement("lv-satellite")
export class SatelliteElement extends View {
  static override styles = [
    styles,
    controls,
    css`
      .top {
        display: grid;
        grid-template-columns: auto 1fr auto;
        align-items: center;
        gap: 4px 16px;
      }
      .top > .icon {
        color: var(--lv-faint);
      }
      .top p {
        margin: 0;
      }
      .name {
        font-weight: 500;
      }
      details {
        margin: 8px 0 0 40px;
      }
      summary {
        display: flex;
        align-items: center;
        gap: 4px;
        width: fit-content;
        min-height: 40px;
        font-size: 15px;
        border-radius: 8px;
        cursor: pointer;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary:focus-visible {
        outline: 3px solid var(--lv-accent);
        outline-offset: 2px;
      }
      details[open] > summary .icon {
        rotate: 0.5turn;
      }
      @media (max-width: 600px) {
        .top {
          column-gap: 12px;
        }
        label.switch {
          grid-column: 2 / -1;
        }
        details {
          margin-inline-start: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) entryId = "";
  @property({ attribute: false }) satellite!: Satellite;
  /** Whether the gateway is there. */
  @property({ attribute: false }) isReachable = false;
  @property({ attribute: false }) mayTune = false;
  @state() private isOpen = false;
  @state() private said = "";
  readonly #muted = new Wanted<boolean>(this);

  protected override render(): TemplateResult {
    const { context, satellite, said } = this;
    const muted = this.#muted.over(satellite.muted);
    const isThere = this.isReachable && satellite.connected;
    return html`<div class="top">
        ${isThere ? (muted ? icon(mdiMicrophoneOff) : icon(mdiMicrophone)) : icon(mdiLinkOff)}
        <div>
          <p class="name">${shown(satellite.name)}</p>
          <p class="faint">${context.areaName(satellite.area_id) || context.t("home.no_room")}</p>
          <p class="faint">${this.#doing(isThere, muted)}${this.#woken()}</p>
        </div>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            aria-label=${context.t("home.listening_named", { name: satellite.name })}
            .checked=${live(!muted)}
            ?disabled=${!isThere}
            @change=${this.#switch}
          />
          <span aria-hidden="true">${context.t("home.listening")}</span>
        </label>
      </div>
      <p class="status" role="status">${said}</p>
      ${this.mayTune ? this.#tuning() : nothing}`;
  }

  #doing(isThere: boolean, muted: boolean): string {
    if (!isThere) return this.context.t("home.satellite_away");
    return muted ? this.context.t("home.muted") : this.context.of("activities", this.satellite.activity);
  }

  #woken(): TemplateResult | typeof nothing {
    const { last_wake_at: at } = this.satellite;
    if (!at) return nothing;
    const { format } = this.context;
    const when = format.relative(at);
    return html` · <span title=${format.dateTime(at)}>${this.context.t("home.last_wake", { when })}</span>`;
  }

  #tuning(): TemplateResult {
    const opened = (event: Event) => (this.isOpen = (event.target as HTMLDetailsElement).open);
    return html`<details @toggle=${opened}>
      <summary>${icon(mdiChevronDown)}${this.context.t("tuning.title")}</summary>
      ${
        this.isOpen
          ? html`<lv-tuning
              .context=${this.context}
              .entryId=${this.entryId}
              .satelliteId=${this.satellite.satellite_id}
              .isReachable=${this.isReachable}
            ></lv-tuning>`
          : nothing
      }
    </details>`;
  }

  readonly #switch = async (event: Event) => {
    const muted = !(event.target as HTMLInputElement).checked;
    const { entryId, satellite, context } = this;
    this.said = "";
    const fields = { entry_id: entryId, satellite_id: satellite.satellite_id, muted };
    try {
      await this.#muted.until(muted, context.call("page/mute", fields));
    } catch (error) {
      this.said = context.failure(error);
    }
  };
}

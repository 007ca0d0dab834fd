/** How eagerly a satellite wakes: what each setting would have come to, by the wakes that are known. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { controls } from "../parts/controls.ts";
import { loading } from "../parts/notice.ts";
import { lineChart } from "../parts/plot.ts";
import { SLIDER, sensitivitySlider, sensitivityText } from "../parts/sensitivity.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Tuning } from "../words.ts";

@customElement("lv-tuning")
export class TuningElement extends View {
  static override styles = [
    styles,
    controls,
    css`
      :host {
        padding: 4px 0 8px;
      }
      .ends {
        display: flex;
        justify-content: space-between;
        gap: 16px;
      }
      .ends :last-child {
        text-align: end;
      }
      .notice {
        padding: 16px;
      }
      lv-plot {
        margin-top: 16px;
      }
      .row {
        margin: 8px 0;
      }
      .would {
        margin: 12px 0 0;
      }
    `,
  ];

  @property({ attribute: false }) entryId = "";
  @property({ attribute: false }) satelliteId = "";
  @property({ attribute: false }) isReachable = false;
  @state() private tuning: Tuning | null = null;
  /** What the slider says, where somebody moved it. */
  @state() private chosen: number | null = null;
  @state() private failure = "";
  @state() private isSaving = false;
  @state() private said = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("satelliteId") || changed.has("entryId")) {
      this.tuning = this.chosen = null;
      void this.#load();
    }
  }

  protected override render(): TemplateResult {
    const { context, tuning } = this;
    if (this.failure)
      return html`<p class="status" role="alert">${this.failure}</p>
        <div class="actions">
          <button type="button" @click=${() => void this.#load()}>${context.t("tuning.again")}</button>
        </div>`;
    if (!tuning) return loading(context.t("tuning.loading"));
    const isKnown = tuning.real_wakes + tuning.false_wakes > 0;
    return html`
      <p>${this.#now(tuning)} ${isKnown ? this.#known(tuning) : context.t("tuning.nothing_known")}</p>
      ${tuning.suggested === null ? nothing : this.#suggestion(tuning.suggested)} ${this.#slider(tuning, isKnown)}
      <div class="actions">
        ${this.chosen === null || this.chosen === tuning.sensitivity ? nothing : this.#use(this.chosen, "primary")}
        ${
          tuning.is_own
            ? html`<button type="button" ?disabled=${!this.#mayUse} @click=${() => void this.#set(null)}>
                ${context.t("tuning.use_gateways")}
              </button>`
            : nothing
        }
      </div>
      <p class="status" role="status">${this.said}</p>
      ${isKnown ? this.#plot(tuning) : nothing}
    `;
  }

  get #mayUse(): boolean {
    return this.isReachable && !this.isSaving;
  }

  #now({ is_own: isOwn, sensitivity }: Tuning): string {
    return this.context.t(isOwn ? "tuning.own" : "tuning.as_gateway", {
      percent: sensitivityText(this.context, sensitivity),
    });
  }

  #known({ real_wakes: real, false_wakes: mistaken }: Tuning): string {
    return this.context.t("tuning.known", {
      real: this.context.t("tuning.known_real", { count: real }),
      false: this.context.t("tuning.known_false", { count: mistaken }),
    });
  }

  #suggestion(suggested: number): TemplateResult {
    const percent = sensitivityText(this.context, suggested);
    return html`<div class="warning row">
      <span>${this.context.t("tuning.suggested", { percent })}</span>
      ${this.#use(suggested)}
    </div>`;
  }

  #use(sensitivity: number, kind = ""): TemplateResult {
    return html`<button
      type="button"
      class=${kind}
      ?disabled=${!this.#mayUse}
      @click=${() => void this.#set(sensitivity)}
    >
      ${this.context.t("tuning.use", { percent: sensitivityText(this.context, sensitivity) })}
    </button>`;
  }

  #slider(tuning: Tuning, isKnown: boolean): TemplateResult {
    const { context } = this;
    const value = this.chosen ?? tuning.sensitivity;
    return html`${sensitivitySlider(context, {
        label: context.t("tuning.slider"),
        value,
        set: tuning.sensitivity,
        isDisabled: !this.#mayUse,
        move: this.#move,
      })}
      <div class="ends faint" aria-hidden="true">
        <span>${context.t("tuning.less")}</span><span>${context.t("tuning.more")}</span>
      </div>
      ${isKnown ? this.#would(tuning, value) : nothing}`;
  }

  readonly #move = (value: number) => {
    this.chosen = value;
    this.said = "";
  };

  /** Say what this setting would have come to; between two that were compared, what the next lower one would. */
  #would(tuning: Tuning, value: number): TemplateResult | typeof nothing {
    const option = tuning.options.findLast(({ sensitivity }) => sensitivity <= value);
    if (!option) return nothing;
    const { context } = this;
    const { false_wakes: mistaken, missed, sensitivity } = option;
    return html`<p class="would">
      ${context.t("tuning.would", {
        percent: sensitivityText(this.context, sensitivity),
        woken: mistaken ? context.t("tuning.would_wake", { count: mistaken }) : context.t("tuning.would_wake_never"),
        missed: missed ? context.t("tuning.would_miss", { count: missed }) : context.t("tuning.would_miss_none"),
      })}
    </p>`;
  }

  #plot(tuning: Tuning): TemplateResult {
    const { context } = this;
    const name = context.t("tuning.plot");
    return lineChart(context, {
      name,
      summary: this.#known(tuning),
      over: context.t("tuning.slider"),
      labels: tuning.options.map(({ sensitivity }) => sensitivityText(this.context, sensitivity)),
      series: [
        { name: context.t("tuning.false_wakes"), values: tuning.options.map(({ false_wakes: count }) => count) },
        { name: context.t("tuning.missed"), values: tuning.options.map(({ missed }) => missed) },
      ],
      format: (value) => context.format.number(value),
      isWhole: true,
    });
  }

  async #load(): Promise<void> {
    const { satelliteId, entryId } = this;
    this.failure = "";
    try {
      const tuning = await this.#asked();
      if (satelliteId === this.satelliteId && entryId === this.entryId) this.tuning = tuning;
    } catch (error) {
      if (satelliteId === this.satelliteId && entryId === this.entryId) this.failure = this.context.failure(error);
    }
  }

  #asked(): Promise<Tuning> {
    return this.context.call<Tuning>("ledger/tuning", { entry_id: this.entryId, satellite_id: this.satelliteId });
  }

  async #set(sensitivity: number | null): Promise<void> {
    const { entryId, satelliteId } = this;
    this.isSaving = true;
    this.said = "";
    try {
      await this.context.call("ledger/set_sensitivity", {
        entry_id: entryId,
        satellite_id: satelliteId,
        sensitivity,
      });
      this.tuning = await this.#asked();
      this.chosen = null;
      this.said = this.context.t("tuning.saved");
    } catch (error) {
      this.said = this.context.failure(error);
    }
    this.isSaving = false;
    await this.focusOn(SLIDER); // the button may be gone
  }
}

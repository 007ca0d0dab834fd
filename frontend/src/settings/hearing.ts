/** Wake words, how readily they are heard, the voice and the Whisper model. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { controls } from "../parts/controls.ts";
import { own } from "../parts/own.ts";
import { sensitivitySlider, sensitivityText } from "../parts/sensitivity.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Offered } from "../words.ts";
import { formStyles } from "./form-styles.ts";

const FITNESS = ["good", "fair", "weak", "unmeasured"] as const;

type Draft = Partial<Pick<Offered, "stt_model" | "voice" | "wake_words" | "wake_sensitivity">>;

@customElement("lv-hearing")
export class HearingElement extends View {
  static override styles = [styles, controls, formStyles];

  @property({ attribute: false }) gateway!: Gateway;
  /** What somebody chose and has not saved; what is told meanwhile does not change it. */
  @state() private draft: Draft = {};
  @state() private isSaving = false;
  @state() private said = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("gateway");
    if (!before || before.entry_id === this.gateway.entry_id) return;
    this.draft = {};
    this.said = "";
  }

  protected override render(): TemplateResult {
    const { context } = this;
    const { offered, is_admin: isAdmin } = this.gateway;
    const body = isAdmin ? offered && this.#form(offered) : offered && this.#facts(offered);
    return html`<section>
      <h2>${context.t("settings.voice_and_ears")}</h2>
      ${body ?? html`<p>${context.t("settings.not_told")}</p>`}
      <p class="status" role="status">${this.said}</p>
    </section>`;
  }

  #facts(offered: Offered): TemplateResult {
    const { context } = this;
    const words = offered.wake_words.map((id) => phraseOf(offered, id)).join(", ");
    return html`<dl class="facts">
        <dt>${context.t("settings.wake_words")}</dt>
        <dd>${shown(words)}</dd>
        <dt>${context.t("settings.sensitivity")}</dt>
        <dd>${sensitivityText(context, offered.wake_sensitivity)}</dd>
        <dt>${context.t("settings.voice")}</dt>
        <dd>${shown(offered.voice)}</dd>
        <dt>${context.t("settings.model")}</dt>
        <dd>${shown(offered.stt_model)}</dd>
      </dl>
      <p class="faint field">${context.t("settings.read_only")}</p>`;
  }

  #form(offered: Offered): TemplateResult {
    const { context } = this;
    const chosen = { ...offered, ...this.draft };
    const isBusy = this.isSaving || !this.gateway.connected;
    const isDifferent = Object.keys(this.draft).length > 0;
    return html`
      ${this.#wakeWords(offered, chosen.wake_words, isBusy)} ${this.#sensitivity(chosen.wake_sensitivity, isBusy)}
      <div class="field">
        <label for="voice">${context.t("settings.voice")}</label>
        <select id="voice" ?disabled=${isBusy} @change=${this.#chooseVoice}>
          ${offered.voices.map(({ id, language }) => option(id, `${id} (${language})`, chosen.voice))}
          ${offered.voices.some(({ id }) => id === chosen.voice) ? nothing : option(chosen.voice, chosen.voice, chosen.voice)}
        </select>
      </div>
      <div class="field">
        <label for="model">${context.t("settings.model")}</label>
        <select id="model" aria-describedby="model_text" ?disabled=${isBusy} @change=${this.#chooseModel}>
          ${offered.stt_models.map((id) => option(id, id, chosen.stt_model))}
        </select>
        <p class="faint" id="model_text">
          ${context.t("settings.model_text")} ${this.#fitness(offered, chosen.stt_model)}
        </p>
      </div>
      <div class="actions">
        <button
          type="button"
          class="primary"
          ?disabled=${isBusy || !isDifferent || !chosen.wake_words.length}
          @click=${() => void this.#save()}
        >
          ${context.t(this.isSaving ? "settings.saving" : "settings.save")}
        </button>
        ${
          isDifferent && !this.isSaving
            ? html`<button type="button" @click=${this.#reset}>${context.t("settings.undo_changes")}</button>
                <p class="faint unsaved">${context.t("settings.unsaved")}</p>`
            : nothing
        }
      </div>
    `;
  }

  /** Return whether a model is good enough for the language; nothing where the gateway does not say it. */
  #fitness({ language, stt_fitness: told }: Offered, model: string): TemplateResult | typeof nothing {
    const { context } = this;
    const fitness = FITNESS.find((one) => one === own(told, model));
    if (!fitness) return nothing;
    const values = { model, language: context.format.languageName(language) };
    return html`<span class=${fitness === "weak" ? "weak" : nothing}
      >${context.t(`settings.model_${fitness}`, values)}</span
    >`;
  }

  #wakeWords({ known_wake_words: known }: Offered, chosen: readonly string[], isBusy: boolean): TemplateResult {
    const { context } = this;
    const toggle = (id: string, { target }: Event) => {
      const isOn = (target as HTMLInputElement).checked;
      this.#change("wake_words", isOn ? [...chosen, id] : chosen.filter((other) => other !== id));
    };
    return html`<fieldset class="field" aria-describedby="words_text">
      <legend>${context.t("settings.wake_words")}</legend>
      ${known.map(
        ({ id, phrase }) =>
          html`<label class="switch">
            <input
              type="checkbox"
              .checked=${live(chosen.includes(id))}
              ?disabled=${isBusy}
              @change=${(event: Event) => toggle(id, event)}
            />
            ${shown(phrase)}
          </label>`,
      )}
      <p class="faint" id="words_text">${context.t("settings.wake_words_text")}</p>
    </fieldset>`;
  }

  #sensitivity(value: number, isBusy: boolean): TemplateResult {
    const { context } = this;
    return html`<div class="field">
      ${sensitivitySlider(context, {
        label: context.t("settings.sensitivity"),
        value,
        set: this.gateway.offered?.wake_sensitivity ?? 0,
        isDisabled: isBusy,
        describedBy: "sensitivity_text",
        move: (chosen) => this.#change("wake_sensitivity", chosen),
      })}
      <p class="faint" id="sensitivity_text">${context.t("settings.sensitivity_text")}</p>
    </div>`;
  }

  readonly #chooseVoice = ({ target }: Event) => this.#change("voice", (target as HTMLSelectElement).value);
  readonly #chooseModel = ({ target }: Event) => this.#change("stt_model", (target as HTMLSelectElement).value);

  /** Take what was chosen; what is as the gateway has it is no change. */
  #change<Name extends keyof Draft>(name: Name, value: Offered[Name]): void {
    const { offered } = this.gateway;
    const changes = Object.entries({ ...this.draft, [name]: value });
    this.draft = Object.fromEntries(
      changes.filter(([one, chosen]) => String(offered?.[one as keyof Draft]) !== String(chosen)),
    );
    this.said = "";
  }

  readonly #reset = () => {
    this.draft = {};
    void this.focusOn("input");
  };

  async #save(): Promise<void> {
    this.isSaving = true;
    this.said = "";
    try {
      await this.context.call("page/change_settings", { entry_id: this.gateway.entry_id, ...this.draft });
      this.draft = {};
      this.said = this.context.t("settings.saved");
    } catch (error) {
      this.said = this.context.failure(error);
    }
    this.isSaving = false;
  }
}

function phraseOf({ known_wake_words: known }: Offered, wakeWord: string): string {
  return known.find(({ id }) => id === wakeWord)?.phrase ?? wakeWord;
}

/** Return what can be chosen. An option shows text alone, without marks. */
function option(id: string, name: string, chosen: string): TemplateResult {
  return html`<option value=${id} .selected=${live(id === chosen)}>${name}</option>`;
}

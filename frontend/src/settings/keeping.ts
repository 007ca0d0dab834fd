/** For how long what was said, and its sound, are kept. Keeping for less deletes at once, so that is asked first. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { controls } from "../parts/controls.ts";
import { DAY_S, duration } from "../parts/duration.ts";
import { NO, question } from "../parts/question.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Kept } from "../words.ts";
import { formStyles } from "./form-styles.ts";
import { afterwards, losses, type Keeping } from "./losses.ts";

/** What one can choose; the gateway takes an hour to a year, and for recordings up to 30 days. */
const TRANSCRIPTS_S = [DAY_S, 7 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S];
const AUDIO_S = [DAY_S, 7 * DAY_S, 14 * DAY_S, 30 * DAY_S];
const USUAL_AUDIO_S = 7 * DAY_S;

@customElement("lv-keeping")
export class KeepingElement extends View {
  static override styles = [styles, controls, formStyles];

  @property({ attribute: false }) gateway!: Gateway;
  @property({ attribute: false }) kept: Kept | null = null;
  /** What somebody chose and has not saved; what is told meanwhile does not change it. */
  @state() private draft: Keeping | null = null;
  @state() private isAsking = false;
  @state() private isSaving = false;
  @state() private said = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("gateway");
    if (before && before.entry_id !== this.gateway.entry_id) this.#reset();
  }

  protected override render(): TemplateResult {
    const { context, kept } = this;
    return html`<section>
      <h2 tabindex="-1">${context.t("settings.kept")}</h2>
      <p class="faint">${context.t("settings.kept_text")}</p>
      ${
        kept?.is_there
          ? this.#shown(kept)
          : html`<p>${context.t(kept ? "settings.no_ledger" : "settings.not_told")}</p>`
      }
      <p class="status" role="status">${this.said}</p>
    </section>`;
  }

  #shown(kept: Kept): TemplateResult {
    const { context } = this;
    return html`${this.gateway.is_admin ? this.#form(kept) : this.#facts(kept)}
      <p class="faint field">
        ${context.t("settings.false_wakes", { time: this.#time(kept.false_wakes_s) })}
        ${this.gateway.is_admin ? nothing : context.t("settings.read_only")}
      </p>`;
  }

  #facts({ transcripts_s: transcriptsS, audio_s: audioS }: Kept): TemplateResult {
    const { context } = this;
    const time = (seconds: number | null) =>
      seconds === null ? context.t("settings.not_at_all") : this.#time(seconds);
    return html`<dl class="facts">
      <dt>${context.t("settings.transcripts")}</dt>
      <dd>${time(transcriptsS)}</dd>
      <dt>${context.t("settings.recordings_for")}</dt>
      <dd>${time(transcriptsS === null ? null : audioS)}</dd>
    </dl>`;
  }

  #form(kept: Kept): TemplateResult {
    const { context } = this;
    const { transcripts_s: transcriptsS, audio_s: audioS } = this.draft ?? afterwards(kept);
    const isBusy = this.isSaving || this.isAsking || !this.gateway.connected;
    return html`<div class="field">
        <label for="transcripts">${context.t("settings.transcripts")}</label>
        <select id="transcripts" ?disabled=${isBusy} @change=${this.#chooseTranscripts}>
          ${this.#options([null, ...TRANSCRIPTS_S], transcriptsS)}
        </select>
      </div>
      <div class="field">
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            .checked=${live(audioS !== null)}
            ?disabled=${isBusy || transcriptsS === null}
            @change=${this.#switchAudio}
          />
          ${context.t("settings.recordings")}
        </label>
        <p class="faint">
          ${context.t(transcriptsS === null ? "settings.recordings_none" : "settings.recordings_text")}
        </p>
      </div>
      ${
        audioS === null
          ? nothing
          : html`<div class="field">
              <label for="audio">${context.t("settings.recordings_for")}</label>
              <select id="audio" ?disabled=${isBusy} @change=${this.#chooseAudio}>
                ${this.#options(AUDIO_S, audioS)}
              </select>
              <p class="faint">${context.t("settings.recordings_for_text")}</p>
            </div>`
      }
      ${this.isAsking ? this.#warning(kept) : this.#save(isBusy)}`;
  }

  /** Return what can be chosen, and what is: it may be another, chosen at the gateway. */
  #options(choices: readonly (number | null)[], now: number | null): TemplateResult[] {
    const all = choices.includes(now) ? choices : [...choices, now].sort((one, other) => (one ?? 0) - (other ?? 0));
    return all.map(
      (seconds) =>
        html`<option value=${seconds ?? ""} .selected=${live(seconds === now)}>
          ${seconds === null ? this.context.t("settings.not_at_all") : this.#time(seconds)}
        </option>`,
    );
  }

  #save(isBusy: boolean): TemplateResult {
    return html`<div class="actions">
      <button type="button" class="primary" ?disabled=${isBusy || !this.draft} @click=${this.#press}>
        ${this.context.t(this.isSaving ? "settings.saving" : "settings.save")}
      </button>
      ${
        this.draft && !this.isSaving
          ? html`<button type="button" @click=${this.#reset}>${this.context.t("settings.undo_changes")}</button>
              <p class="faint unsaved">${this.context.t("settings.unsaved")}</p>`
          : nothing
      }
    </div>`;
  }

  #warning(kept: Kept): TemplateResult {
    const { context } = this;
    const lost = this.draft ? losses(kept, this.draft) : [];
    return question({
      text: html`${lost.map(({ key, seconds }) => html`<p>${context.t(key, { time: this.#time(seconds) })}</p>`)}
        <p>${context.t("settings.warn_final")}</p>`,
      yes: context.t("settings.delete_and_save"),
      no: context.t("settings.undo_changes"),
      isBusy: this.isSaving,
      canBeDone: this.gateway.connected,
      answer: (isYes) => (isYes ? void this.#keep() : this.#back()),
    });
  }

  #time(seconds: number): string {
    return duration(this.context.format.language, seconds);
  }

  readonly #chooseTranscripts = ({ target }: Event) => {
    const transcriptsS = secondsOf(target);
    const { audio_s: audioS } = this.#now;
    this.#change({ transcripts_s: transcriptsS, audio_s: within(audioS, transcriptsS) });
  };

  readonly #switchAudio = ({ target }: Event) => {
    const { transcripts_s: transcriptsS } = this.#now;
    const audioS = (target as HTMLInputElement).checked ? (this.kept?.audio_s ?? USUAL_AUDIO_S) : null;
    this.#change({ transcripts_s: transcriptsS, audio_s: within(audioS, transcriptsS) });
  };

  /** What was said is kept as long as its sound, at least. */
  readonly #chooseAudio = ({ target }: Event) => {
    const { transcripts_s: transcriptsS } = this.#now;
    const audioS = secondsOf(target);
    this.#change({ transcripts_s: Math.max(transcriptsS ?? 0, audioS ?? 0) || null, audio_s: audioS });
  };

  get #now(): Keeping {
    return this.draft ?? afterwards(this.kept);
  }

  #change(draft: Keeping): void {
    const told = afterwards(this.kept);
    const isAsTold = draft.transcripts_s === told.transcripts_s && draft.audio_s === told.audio_s;
    this.draft = isAsTold ? null : draft;
    this.said = "";
    this.requestUpdate();
  }

  readonly #press = () => {
    if (!this.draft || !this.kept) return;
    if (!losses(this.kept, this.draft).length) {
      void this.#keep();
      return;
    }
    this.isAsking = true;
    void this.focusOn(NO);
  };

  #back(): void {
    this.#reset();
    void this.focusOn("#transcripts");
  }

  readonly #reset = () => {
    this.draft = null;
    this.isAsking = false;
    this.said = "";
  };

  async #keep(): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    this.isSaving = true;
    try {
      await this.context.call("ledger/keep", { entry_id: this.gateway.entry_id, ...draft });
      this.draft = null;
      this.said = this.context.t("settings.saved");
    } catch (error) {
      this.said = this.context.failure(error);
    }
    this.isSaving = this.isAsking = false;
    await this.focusOn("h2");
  }
}

function secondsOf(target: EventTarget | null): number | null {
  const { value } = target as HTMLSelectElement;
  return value ? Number(value) : null;
}

/** Return how long recordings can be kept of turns that are kept so long. */
function within(audioS: number | null, transcriptsS: number | null): number | null {
  return audioS === null || transcriptsS === null ? null : Math.min(audioS, transcriptsS);
}

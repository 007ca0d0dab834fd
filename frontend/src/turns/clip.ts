/** What was recorded of a turn, to be heard: fetched when a person presses play, and let go with the turn. */

import { mdiPause, mdiPlay } from "@mdi/js";
import { css, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import { fetchSound } from "./sound.ts";
import { peaks, waveOf } from "./waveform.ts";

const BARS = 72;
const BAR_WIDTH = 4;
const HEIGHT = 48;
/** A stretch of silence is a dot. */
const LOWEST = 3;
/** Steps of the keyboard: a tenth of a second. */
const STEP_S = 0.1;

interface Loaded {
  readonly audio: HTMLAudioElement;
  readonly url: string;
  readonly lengthS: number;
  readonly peaks: readonly number[];
}

@customElement("lv-clip")
export class ClipView extends View {
  @property() entryId = "";
  @property() turnId = "";
  /** When it is deleted. */
  @property() until = "";
  @property({ type: Boolean }) isAway = false;
  @state() private loaded: Loaded | null = null;
  @state() private isLoading = false;
  @state() private isPlaying = false;
  @state() private atS = 0;
  @state() private failure = "";
  #frame = 0;
  /** Ended when what is being fetched is wanted no more. */
  #fetching = new AbortController();

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#letGo();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.hasUpdated && (changed.has("turnId") || changed.has("entryId"))) this.#letGo();
  }

  #letGo(): void {
    cancelAnimationFrame(this.#frame);
    this.#fetching.abort();
    this.#fetching = new AbortController();
    if (this.loaded) {
      this.loaded.audio.pause();
      this.loaded.audio.removeAttribute("src");
      URL.revokeObjectURL(this.loaded.url);
    }
    this.loaded = null;
    this.isPlaying = this.isLoading = false;
    this.atS = 0;
    this.failure = "";
  }

  readonly #press = async () => {
    if (this.isLoading) return;
    if (this.isPlaying) {
      this.loaded?.audio.pause();
      return;
    }
    const { signal } = this.#fetching;
    this.failure = "";
    try {
      this.loaded ??= await this.#load(signal);
      await this.loaded.audio.play();
    } catch (error) {
      if (signal.aborted || isHeldBack(error)) return; // then the next press plays it
      this.failure = this.#failureText(error);
    } finally {
      if (!signal.aborted) this.isLoading = false;
    }
  };

  async #load(ended: AbortSignal): Promise<Loaded> {
    this.isLoading = true;
    const file = await fetchSound(this.context, this.entryId, this.turnId, ended);
    ended.throwIfAborted();
    const wave = waveOf(file);
    if (!wave) throw new DOMException("not a recording", "NotSupportedError");
    const url = URL.createObjectURL(new Blob([file], { type: "audio/wav" }));
    const audio = new Audio(url);
    audio.addEventListener("play", this.#follow);
    audio.addEventListener("pause", this.#follow);
    audio.addEventListener("ended", () => (audio.currentTime = 0));
    audio.addEventListener("seeked", this.#follow); // it stands at the beginning again, and looks like that
    return { audio, url, lengthS: wave.samples.length / wave.rateHz, peaks: peaks(wave, BARS) };
  }

  readonly #follow = () => {
    const audio = this.loaded?.audio;
    if (!audio) return;
    this.isPlaying = !audio.paused && !audio.ended;
    this.atS = audio.currentTime;
    cancelAnimationFrame(this.#frame);
    if (this.isPlaying) this.#frame = requestAnimationFrame(this.#follow);
  };

  #failureText(error: unknown): string {
    const { context } = this;
    if (error instanceof DOMException && error.name === "NotSupportedError") return context.t("clip.not_played");
    return error instanceof Error ? context.t("clip.not_fetched") : context.failure(error);
  }

  readonly #seek = (event: Event) => {
    this.atS = Number((event.target as HTMLInputElement).value);
    if (this.loaded) this.loaded.audio.currentTime = this.atS;
  };

  protected override render(): TemplateResult {
    const { context, loaded, isPlaying, isLoading } = this;
    const name = isLoading ? "clip.loading" : isPlaying ? "clip.pause" : "clip.play";
    return html`<div class="clip" role="group" aria-label=${context.t("clip.label")}>
        <button
          type="button"
          class="primary round"
          aria-label=${context.t(name)}
          aria-busy=${isLoading ? "true" : nothing}
          ?disabled=${this.isAway && !loaded}
          @click=${this.#press}
        >
          ${isLoading ? html`<span class="spinner"></span>` : icon(isPlaying ? mdiPause : mdiPlay)}
        </button>
        <div class="wave">${this.#drawn()} ${loaded ? this.#slider(loaded) : nothing}</div>
        <span class="time number faint">
          ${loaded ? `${context.format.number(this.atS, 1, 1)} / ${context.format.seconds(loaded.lengthS)}` : nothing}
        </span>
      </div>
      <p class="status" role="alert">${this.failure}</p>
      <p class="faint small">
        ${context.t("clip.goes", { relative: context.format.relative(this.until) })}<br />${context.t("clip.logged")}
      </p>`;
  }

  #slider(loaded: Loaded): TemplateResult {
    const { format } = this.context;
    const [at, length] = [format.seconds(this.atS), format.seconds(loaded.lengthS)];
    return html`<input
      type="range"
      min="0"
      max=${loaded.lengthS}
      step=${STEP_S}
      .value=${String(this.atS)}
      aria-label=${this.context.t("clip.place")}
      aria-valuetext=${this.context.t("clip.at", { at, length })}
      @input=${this.#seek}
    />`;
  }

  #drawn(): TemplateResult {
    const width = BARS * BAR_WIDTH;
    const heard = this.loaded ? (this.atS / this.loaded.lengthS) * BARS : 0;
    const bars = this.loaded?.peaks ?? Array.from({ length: BARS }, () => 0);
    return html`<svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      ${bars.map((peak, index) => {
        const height = Math.max(LOWEST, peak * HEIGHT);
        return svg`<rect class=${index < heard ? "heard" : ""} x=${index * BAR_WIDTH} y=${(HEIGHT - height) / 2}
          width=${BAR_WIDTH - 1.5} height=${height} rx="1"></rect>`;
      })}
    </svg>`;
  }

  static override styles = [
    styles,
    css`
      .clip {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      button.round {
        width: 48px;
        height: 48px;
        flex: none;
        padding: 0;
        border-radius: 50%;
      }
      button.round .spinner {
        width: 24px;
        height: 24px;
        border-color: rgb(255 255 255 / 40%);
        border-top-color: #fff;
      }
      .wave {
        position: relative;
        flex: 1;
        min-width: 0;
        height: 48px;
        border-radius: 8px;
      }
      .wave:has(input:focus-visible) {
        outline: 3px solid var(--lv-accent);
        outline-offset: 2px;
      }
      svg:not(.icon) {
        width: 100%;
        height: 100%;
      }
      rect {
        fill: var(--lv-faint);
        opacity: 0.55;
      }
      rect.heard {
        fill: var(--lv-accent);
        opacity: 1;
      }
      .wave input {
        position: absolute;
        inset: 0;
        height: 100%;
        margin: 0;
        opacity: 0;
        cursor: pointer;
      }
      .time {
        white-space: nowrap;
      }
      .small {
        margin: 8px 0 0;
        font-size: 13px;
      }
    `,
  ];
}

/** Tell whether the browser wants another press first. */
function isHeldBack(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");
}

/** Timers and delayed commands that run: how long still, and an end to each. */

import { mdiPauseCircleOutline, mdiTimerOutline, mdiTimerPlayOutline } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../parts/icons.ts";
import { notice } from "../parts/notice.ts";
import { NO, question } from "../parts/question.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Timer } from "../words.ts";

const SECOND_MS = 1_000;

@customElement("lv-timers")
export class TimersElement extends View {
  static override styles = [
    styles,
    css`
      li {
        display: grid;
        grid-template-columns: auto 1fr auto;
        align-items: center;
        gap: 4px 16px;
      }
      li > .icon {
        color: var(--lv-faint);
      }
      .what {
        min-width: 0;
      }
      .what p {
        margin: 0;
      }
      .left {
        font-size: 24px;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
      .whole {
        white-space: nowrap;
      }
      .notice {
        padding: 24px;
      }
      .notice + .status {
        margin: 0;
        text-align: center;
      }
      .title {
        font-weight: 500;
      }
      .bar {
        grid-column: 1 / -1;
        height: 4px;
        margin-top: 4px;
        border-radius: 2px;
        background: var(--lv-inner);
        overflow: hidden;
      }
      .bar span {
        display: block;
        height: 100%;
        border-radius: 2px;
        background: var(--lv-accent);
      }
      .paused .bar span {
        background: var(--lv-faint);
      }
      .question {
        grid-column: 1 / -1;
        margin-bottom: 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: Gateway;
  /** When it was told, by `performance.now()`. */
  @property({ attribute: false }) toldMs = 0;
  /** The timer that somebody is asked about. */
  @state() private asked: number | null = null;
  @state() private isCancelling = false;
  @state() private said = "";
  #tick: number | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearInterval(this.#tick);
    this.#tick = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("gateway")) return;
    const { timers, entry_id: entryId } = this.gateway;
    const before = changed.get("gateway");
    if (before && before.entry_id !== entryId) this.said = "";
    const isGone = !timers.some(({ timer_id: id }) => id === this.asked);
    if (this.asked !== null && isGone && !this.isCancelling) this.asked = null;
  }

  /** Counting down takes one tick a second for all of them, and none where none runs. */
  protected override updated(): void {
    const runs = this.isConnected && this.gateway.timers.some(({ is_active: isActive }) => isActive);
    if (runs && this.#tick === undefined) this.#tick = window.setInterval(() => this.requestUpdate(), SECOND_MS);
    if (!runs) {
      window.clearInterval(this.#tick);
      this.#tick = undefined;
    }
  }

  protected override render(): TemplateResult {
    const { context, gateway } = this;
    const left = new Map(gateway.timers.map((timer) => [timer.timer_id, this.#left(timer)]));
    const timers = [...gateway.timers].sort(
      (one, other) =>
        Number(other.is_active) - Number(one.is_active) ||
        (left.get(one.timer_id) ?? 0) - (left.get(other.timer_id) ?? 0),
    );
    return html`<section>
      <h2 tabindex="-1">${context.t("home.timers")}</h2>
      ${
        timers.length
          ? html`<ul>
              ${repeat(
                timers,
                ({ timer_id: id }) => id,
                (timer) => this.#timer(timer, left.get(timer.timer_id) ?? 0),
              )}
            </ul>`
          : notice({
              icon: mdiTimerOutline,
              title: context.t("home.no_timers"),
              text: context.t("home.no_timers_text"),
            })
      }
      <p class="status" role="status">${this.said}</p>
    </section>`;
  }

  #left({ is_active: isActive, left_s: leftS }: Timer): number {
    const runs = isActive && this.gateway.connected;
    return Math.max(0, leftS - (runs ? (performance.now() - this.toldMs) / SECOND_MS : 0));
  }

  #timer(timer: Timer, leftS: number): TemplateResult {
    const { context } = this;
    const { is_active: isActive, is_command: isCommand, duration_s: durationS, command } = timer;
    const share = durationS > 0 ? Math.min(1, leftS / durationS) : 0;
    const path = isActive ? (isCommand ? mdiTimerPlayOutline : mdiTimerOutline) : mdiPauseCircleOutline;
    return html`<li class=${isActive ? "" : "paused"}>
      ${icon(path)}
      <div class="what">
        <p class="title">${this.#name(timer)}</p>
        <p>
          <span class="left" role="timer">${context.format.left(leftS)}</span>
          <span class="whole faint">${context.t("home.of_whole", { time: context.format.left(durationS) })}</span>
        </p>
        ${command ? html`<p><q>${shown(command)}</q></p>` : nothing}
        <p class="faint">${isActive ? nothing : html`${context.t("home.paused")} · `}${this.#where(timer)}</p>
      </div>
      ${
        this.asked === timer.timer_id
          ? nothing
          : html`<button
              type="button"
              class="cancel"
              data-timer=${timer.timer_id}
              aria-label=${context.t("home.cancel_named", {
                name: timer.name || context.t(isCommand ? "home.delayed" : "home.timer"),
                time: context.format.left(durationS),
              })}
              ?disabled=${this.isCancelling || !this.gateway.connected}
              @click=${() => this.#ask(timer.timer_id)}
            >
              ${context.t("home.cancel")}
            </button>`
      }
      <div class="bar" aria-hidden="true"><span style="width: ${100 * share}%"></span></div>
      ${this.asked === timer.timer_id ? this.#question(timer) : nothing}
    </li>`;
  }

  #name({ name, is_command: isCommand }: Timer): TemplateResult | string {
    if (name) return shown(name);
    return this.context.t(isCommand ? "home.delayed" : "home.timer");
  }

  /** Return where it was set: the room, and the satellite where that has another name. */
  #where({ area_id: areaId, satellite_id: satelliteId }: Timer): TemplateResult {
    const satellite = this.gateway.satellites.find(({ satellite_id: id }) => id === satelliteId);
    const [room, device] = [this.context.areaName(areaId || null), satellite?.name ?? ""];
    const names = [device.includes(room) ? "" : room, device].filter((name) => name);
    return html`${names.map((name, number) => html`${number ? " · " : nothing}${shown(name)}`)}`;
  }

  #question({ timer_id: id, is_command: isCommand }: Timer): TemplateResult {
    const { context } = this;
    return question({
      text: context.t(isCommand ? "home.cancel_command" : "home.cancel_timer"),
      yes: context.t("home.cancel_yes"),
      no: context.t("home.cancel_no"),
      isBusy: this.isCancelling,
      canBeDone: this.gateway.connected,
      answer: (isYes) => (isYes ? void this.#cancel(id) : this.#keep(id)),
    });
  }

  #ask(id: number): void {
    this.asked = id;
    this.said = "";
    void this.focusOn(NO);
  }

  #keep(id: number): void {
    this.asked = null;
    void this.focusOn(`button[data-timer="${id}"]`);
  }

  async #cancel(id: number): Promise<void> {
    this.isCancelling = true;
    try {
      await this.context.call("page/cancel_timer", { entry_id: this.gateway.entry_id, timer_id: id });
      this.said = this.context.t("home.cancelled");
    } catch (error) {
      this.said = this.context.failure(error);
    }
    this.isCancelling = false;
    this.asked = null;
    await this.focusOn("h2");
  }
}

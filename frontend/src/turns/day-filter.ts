/** Of which day turns are shown. A date is typed only for a day that has no word: a browser's field is in its language. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import { daysBefore } from "./days.ts";

/** Nothing is kept for longer. */
const MOST_DAYS = 366;
const OTHER = "other";

/** Tells `day-chosen` with the day (`2026-11-22`), empty for any. */
@customElement("lv-day-filter")
export class DayFilter extends View {
  static override styles = [
    styles,
    css`
      :is(select, input) {
        height: 100%;
        min-height: 42px;
      }
      input {
        color-scheme: inherit;
      }
    `,
  ];

  /** Empty for any. */
  @property() value = "";
  /** Whether a date is being typed. */
  @state() private isTyping = false;

  protected override render(): TemplateResult {
    return this.isTyping ? this.#field() : this.#choice();
  }

  #choice(): TemplateResult {
    const { context, value } = this;
    const [today, yesterday] = [this.#day(0), this.#day(1)];
    const option = (day: string, name: string) =>
      html`<option value=${day} .selected=${live(day === value)}>${name}</option>`;
    return html`<select aria-label=${context.t("filters.day")} @change=${this.#chosen}>
      ${option("", context.t("filters.any_day"))} ${option(today, context.format.dayName(0))}
      ${option(yesterday, context.format.dayName(1))}
      ${["", today, yesterday].includes(value) ? nothing : option(value, context.format.shortDay(value))}
      <option value=${OTHER}>${context.t("filters.other_day")}</option>
    </select>`;
  }

  #field(): TemplateResult {
    return html`<input
      type="date"
      aria-label=${this.context.t("filters.date")}
      min=${this.#day(MOST_DAYS)}
      max=${this.#day(0)}
      .value=${this.value}
      @change=${this.#typed}
      @blur=${() => (this.isTyping = false)}
      @keydown=${this.#pressed}
    />`;
  }

  #day(ago: number): string {
    return daysBefore(this.context.format.dayKey(new Date().toISOString()), ago);
  }

  readonly #chosen = async ({ target }: Event) => {
    const { value } = target as HTMLSelectElement;
    if (value !== OTHER) {
      this.#tell(value);
      return;
    }
    this.isTyping = true;
    await this.focusOn("input");
    this.renderRoot.querySelector("input")?.showPicker();
  };

  /** While a year is typed, it is a date already: 0002, 0020… */
  readonly #typed = ({ target }: Event) => {
    const field = target as HTMLInputElement;
    if (!field.value || !field.validity.valid) return;
    this.#tell(field.value);
    this.#end();
  };

  readonly #pressed = (event: KeyboardEvent) => {
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    this.#end();
  };

  #end(): void {
    this.isTyping = false;
    void this.focusOn("select");
  }

  #tell(day: string): void {
    this.value = day;
    this.dispatchEvent(new CustomEvent<string>("day-chosen", { detail: day }));
  }
}

/** Which turns are shown: from where, of which day, with which outcome, with which words. */

import { mdiClose, mdiFilterVariant, mdiMagnify } from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Context } from "../context.ts";
import { icon } from "../parts/icons.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, Selection } from "../words.ts";
import "./day-filter.ts";
import { dayBounds } from "./days.ts";
import type { Query } from "./pages.ts";

export interface Filter {
  /** `area:` or `satellite:` and its id; everywhere where empty. */
  readonly place: string;
  /** One of `WHATS`; everything where empty. */
  readonly what: "" | What;
  /** `2026-11-22`; any where empty. */
  readonly day: string;
  readonly words: string;
}

const WHATS = ["action", "answer", "not_understood", "error", "consent_asked", "false_wake", "corrected"] as const;
export type What = (typeof WHATS)[number];

export const NO_FILTER: Filter = { place: "", what: "", day: "", words: "" };
const LONGEST_SEARCH_CHARS = 200;
/** After the last key: a search reads what is kept of every turn. */
const SEARCH_PAUSE_MS = 300;

export function isFiltered({ place, what, day, words }: Filter): boolean {
  return Boolean(place || what || day || words.trim());
}

/** Return what is asked of the gateway for this. */
export function queryOf({ place, what, day, words }: Filter, timeZone: string | undefined): Query {
  return { selection: { ...placeSelection(place), ...WHAT[what], ...dayBounds(day, timeZone) }, words: words.trim() };
}

export function placeSelection(place: string): Selection {
  const [kind, id] = [place.slice(0, place.indexOf(":")), place.slice(place.indexOf(":") + 1)];
  if (kind === "area") return { area_id: id };
  return kind === "satellite" ? { satellite_id: id } : {};
}

const WHAT: Readonly<Record<"" | What, Selection>> = {
  "": {},
  action: { outcome: "action" },
  answer: { outcome: "answer" },
  not_understood: { outcome: "not_understood" },
  error: { outcome: "error" },
  consent_asked: { outcome: "consent_asked" },
  false_wake: { kind: "false_wake" },
  corrected: { corrected: true },
};

/** Return the choice of places: rooms, and satellites where there are several. */
export function placeOptions(context: Context, gateway: LedgerGateway, chosen: string): TemplateResult {
  const byName = (one: readonly string[], other: readonly string[]) => (one[1] ?? "").localeCompare(other[1] ?? "");
  const options = (kind: string, names: (readonly [string, string])[]) =>
    names
      .toSorted(byName)
      .map(
        ([id, name]) =>
          html`<option value="${kind}:${id}" ?selected=${chosen === `${kind}:${id}`}>${name || id}</option>`,
      );
  const areas = Object.values(context.hass.areas).map(({ area_id: id, name }) => [id, name] as const);
  const satellites = Object.entries(gateway.satellites);
  return html`${options("area", areas)}
  ${
    satellites.length > 1
      ? html`<optgroup label=${context.t("filters.satellites")}>${options("satellite", satellites)}</optgroup>`
      : nothing
  }`;
}

/** Tells `filter-changed` with the filter as it is then. */
@customElement("lv-turn-filters")
export class TurnFilters extends View {
  static override styles = [
    styles,
    css`
      form {
        display: grid;
        grid-template-columns: minmax(180px, 1fr) repeat(3, minmax(0, 170px)) auto;
        gap: 8px;
      }
      .search {
        position: relative;
      }
      .search .icon {
        position: absolute;
        top: 8px;
        inset-inline-start: 10px;
        color: var(--lv-faint);
        pointer-events: none;
      }
      .search input {
        height: 100%;
        padding-inline-start: 42px !important;
      }
      .more {
        display: contents;
      }
      .end {
        display: flex;
        justify-content: flex-end;
        gap: 4px;
      }
      .toggle {
        display: none;
        position: relative;
      }
      .count {
        position: absolute;
        top: 0;
        inset-inline-end: 0;
        min-width: 18px;
        font-size: 12px;
        line-height: 18px;
        text-align: center;
        color: var(--lv-card);
        background: var(--primary-text-color);
        border-radius: 9px;
      }
      @container (max-width: 760px) {
        form {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .toggle {
          display: inline-flex;
        }
        .more {
          display: none;
        }
        .is-wide .more {
          display: grid;
          grid-column: 1 / -1;
          grid-template-columns: 1fr 1fr;
          grid-row: 2;
          gap: 8px;
        }
        .more > * {
          min-height: 42px;
        }
        .more > :first-child {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) value = NO_FILTER;
  /** Where there is little room, all but the search are behind a button. */
  @state() private isWide = false;
  #pause = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
  }

  protected override render(): TemplateResult {
    const { context, value } = this;
    const t = context.t.bind(context);
    const count = [value.place, value.what, value.day].filter(Boolean).length;
    return html`<form role="search" class=${this.isWide ? "is-wide" : ""} @submit=${this.#submit}>
      <div class="search">
        ${icon(mdiMagnify)}
        <input
          type="search"
          name="words"
          aria-label=${t("filters.search")}
          placeholder=${t("filters.search_short")}
          maxlength=${LONGEST_SEARCH_CHARS}
          autocomplete="off"
          .value=${value.words}
          @input=${this.#typed}
        />
      </div>
      <div class="more" id="more">
        <select aria-label=${t("filters.place")} @change=${this.#chosen("place")}>
          <option value="" ?selected=${!value.place}>${t("filters.everywhere")}</option>
          ${placeOptions(context, this.gateway, value.place)}
        </select>
        <select aria-label=${t("filters.what")} @change=${this.#chosen("what")}>
          <option value="" ?selected=${!value.what}>${t("filters.everything")}</option>
          ${WHATS.map(
            (what) => html`<option value=${what} ?selected=${what === value.what}>${t(`filters.${what}`)}</option>`,
          )}
        </select>
        <lv-day-filter .context=${context} .value=${value.day} @day-chosen=${this.#dayChosen}></lv-day-filter>
      </div>
      <div class="end">
        <button
          type="button"
          class="plain toggle"
          aria-label=${count ? t("filters.more_chosen", { count }) : t("filters.more")}
          aria-expanded=${this.isWide ? "true" : "false"}
          aria-controls="more"
          @click=${() => (this.isWide = !this.isWide)}
        >
          ${icon(mdiFilterVariant)}${count ? html`<span class="count">${count}</span>` : nothing}
        </button>
        ${
          isFiltered(value)
            ? html`<button
                type="button"
                class="plain"
                aria-label=${t("filters.clear")}
                title=${t("filters.clear")}
                @click=${this.#clear}
              >
                ${icon(mdiClose)}
              </button>`
            : nothing
        }
        <slot></slot>
      </div>
    </form>`;
  }

  readonly #typed = (event: Event) => {
    const words = (event.target as HTMLInputElement).value;
    clearTimeout(this.#pause);
    this.#pause = window.setTimeout(() => this.#tell({ ...this.value, words }), SEARCH_PAUSE_MS);
  };

  readonly #submit = (event: Event) => {
    event.preventDefault();
    this.#tell({ ...this.value, words: this.#words });
  };

  readonly #clear = () => {
    this.#tell(NO_FILTER);
    this.renderRoot.querySelector<HTMLInputElement>("[name=words]")?.focus();
  };

  get #words(): string {
    return this.renderRoot.querySelector<HTMLInputElement>("[name=words]")?.value ?? "";
  }

  #chosen(name: "place" | "what"): (event: Event) => void {
    return ({ target }) =>
      this.#tell({ ...this.value, words: this.#words, [name]: (target as HTMLSelectElement).value });
  }

  readonly #dayChosen = ({ detail: day }: CustomEvent<string>) =>
    this.#tell({ ...this.value, words: this.#words, day });

  #tell(value: Filter): void {
    clearTimeout(this.#pause);
    this.value = value;
    this.dispatchEvent(new CustomEvent<Filter>("filter-changed", { detail: value }));
  }
}

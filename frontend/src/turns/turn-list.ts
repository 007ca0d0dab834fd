/** The list of turns: those on the screen and some around it are there, the others are when they are scrolled to. */

import { flow } from "@lit-labs/virtualizer/layouts/flow.js";
import { LitVirtualizer } from "@lit-labs/virtualizer/LitVirtualizer.js";
import { mdiArrowUp } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { icon } from "../parts/icons.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, Turn } from "../words.ts";
import type { Pages } from "./pages.ts";
import { dayRow, rowStyles, turnRow } from "./turn-row.ts";

/** Rows: so near the end the next page is loaded. */
const AHEAD = 32;
const AT_TOP_PX = 8;
const LAYOUT = flow();
const MINUTE_CHARS = "2026-11-22T12:00".length;

interface DayItem {
  readonly day: string;
  readonly key: string;
}
type Item = DayItem | Turn;

/** Tells `open-turn` with its id. */
@customElement("lv-turn-list")
export class TurnList extends View {
  static override styles = [
    styles,
    rowStyles,
    css`
      :host {
        position: relative;
        min-height: 0;
      }
      .scroller {
        height: 100%;
        overflow: auto;
        overscroll-behavior: contain;
      }
      .now {
        position: sticky;
        z-index: 1;
        top: 0;
        height: 0;
      }
      .now span {
        display: block;
        padding: 6px 16px;
        font-size: 14px;
        font-weight: 500;
        color: var(--lv-faint);
        background: var(--lv-card);
        border-bottom: 1px solid var(--lv-line);
      }
      .end {
        display: grid;
        justify-items: center;
        gap: 8px;
        padding: 20px 16px 28px;
        text-align: center;
      }
      .fresh {
        position: absolute;
        z-index: 2;
        top: 44px;
        inset-inline: 0;
        display: flex;
        justify-content: center;
        pointer-events: none;
      }
      .fresh button {
        pointer-events: auto;
        box-shadow: 0 2px 8px rgb(0 0 0 / 35%);
      }
    `,
  ];

  @property({ attribute: false }) gateway!: LedgerGateway;
  @property({ attribute: false }) pages!: Pages;
  /** Another one each time the pages are. */
  @property({ attribute: false }) version = 0;
  @property({ attribute: false }) openId = "";
  /** Of which day what is at the top of the screen is. */
  @state() private day = "";
  @query(".scroller") private readonly scroller!: HTMLElement | null;
  #items: Item[] = [];
  /** Of the items, the last that is there. */
  #last = -1;
  #days = new Map<string, string>();
  /** What is kept in its place while rows above it go. */
  #anchor: { readonly id: string; readonly top: number } | null = null;

  /** Whether who reads has scrolled down: then nothing may move. */
  get isReading(): boolean {
    return (this.scroller?.scrollTop ?? 0) > AT_TOP_PX;
  }

  /** How many turns there are up to the end of the screen, and a little more. */
  get seenCount(): number {
    return this.#items.slice(0, this.#last + 1).filter((item) => !isDay(item)).length;
  }

  /** Move the focus to a turn; to the list where it is not there. */
  focusTurn(turnId: string): void {
    const row = this.#rows.find(({ dataset }) => dataset["turn"] === turnId);
    (row ?? this.scroller)?.focus({ preventScroll: row === undefined });
  }

  /** Return which turn has its place after another one, or before it at the end. */
  beside(turnId: string): string {
    const { turns } = this.pages;
    const at = turns.findIndex(({ turn_id: id }) => id === turnId);
    return at < 0 ? "" : ((turns[at + 1] ?? turns[at - 1])?.turn_id ?? "");
  }

  get #rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>("a[data-turn]")];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("context")) this.#days.clear();
    if (changed.has("version") || changed.has("pages") || changed.has("context")) {
      if (this.hasUpdated && !changed.has("pages")) this.#anchor = this.#seenRow();
      this.#items = this.#itemsOf(this.pages.turns);
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("pages")) this.scroller?.scrollTo(0, 0);
    else if (this.#anchor) void this.#restore(this.#anchor);
    this.#anchor = null;
    this.#loadAhead();
  }

  /** Return the first row that can be seen and is to stay. */
  #seenRow(): { readonly id: string; readonly top: number } | null {
    if (!this.scroller || !this.isReading) return null;
    const edge = this.scroller.getBoundingClientRect().top;
    for (const row of this.#rows) {
      const { top } = row.getBoundingClientRect();
      const id = row.dataset["turn"] ?? "";
      if (top >= edge && this.pages.find(id)) return { id, top };
    }
    return null;
  }

  async #restore({ id, top }: { readonly id: string; readonly top: number }): Promise<void> {
    await new Promise(requestAnimationFrame); // until the virtualizer has placed its rows
    const row = this.#rows.find(({ dataset }) => dataset["turn"] === id);
    if (row && this.scroller) this.scroller.scrollTop += row.getBoundingClientRect().top - top;
  }

  #itemsOf(turns: readonly Turn[]): Item[] {
    const items: Item[] = [];
    let key = "";
    for (const turn of turns) {
      const day = this.#dayOf(turn.at);
      if (day !== key) items.push({ day: this.context.format.day(turn.at), key: `${day} ${turn.turn_id}` });
      key = day;
      items.push(turn);
    }
    return items;
  }

  /** Return the day of a moment; reckoned once a minute, as that is slow. */
  #dayOf(at: string): string {
    const minute = at.slice(0, MINUTE_CHARS);
    let day = this.#days.get(minute);
    if (day === undefined) this.#days.set(minute, (day = this.context.format.dayKey(at)));
    return day;
  }

  protected override render(): TemplateResult {
    const { context, gateway, openId, pages } = this;
    const open = this.#open;
    const renderItem = (item: Item | undefined) => {
      if (!item) return html`<div></div>`; // asked for while the list has become shorter
      return isDay(item) ? dayRow(item.day) : turnRow(item, { context, gateway, openId, open });
    };
    const keyFunction = (item: Item | undefined, at: number) =>
      item ? (isDay(item) ? item.key : item.turn_id) : String(at);
    return html`${this.#fresh()}
      <div class="scroller" tabindex="-1" @keydown=${this.#step}>
        <div class="now" aria-hidden="true">${this.day ? html`<span>${this.day}</span>` : nothing}</div>
        ${keyed(
          pages,
          html`<lv-rows
            role="list"
            aria-label=${context.t("turns.list")}
            .items=${this.#items}
            .renderItem=${renderItem}
            .keyFunction=${keyFunction}
            .layout=${LAYOUT}
            @rangeChanged=${this.#range}
            @visibilityChanged=${this.#seen}
          ></lv-rows>`,
        )}
        ${this.#end()}
      </div>`;
  }

  #fresh(): TemplateResult {
    const { freshCount: count } = this.pages;
    return html`<div class="fresh" role="status">
      ${
        count
          ? html`<button type="button" class="primary" @click=${this.#showFresh}>
              ${icon(mdiArrowUp)}${this.context.t("turns.fresh", { count })}
            </button>`
          : nothing
      }
    </div>`;
  }

  /** Return what stands below the last row. */
  #end(): TemplateResult {
    const { context, pages } = this;
    const more = () => void pages.more();
    const said = (text: string, label: string) =>
      html`<div class="end" role="status">
        <span>${text}</span><button type="button" @click=${more}>${label}</button>
      </div>`;
    if (pages.failure) return said(context.failure(pages.failure), context.t("turns.again"));
    if (pages.isPaused) return said(context.t("turns.paused"), context.t("turns.go_on"));
    if (pages.isFull) return html`<div class="end faint">${context.t("turns.full")}</div>`;
    if (pages.isAtEnd) return html`<div class="end faint">${context.t("turns.end")}</div>`;
    return html`<div class="end">
      <span class="spinner"></span><span class="visually-hidden">${context.t("turns.loading")}</span>
    </div>`;
  }

  readonly #range = ({ last }: Event & { readonly last?: number }) => {
    this.#last = last ?? -1;
    this.#loadAhead();
  };

  readonly #seen = ({ first }: Event & { readonly first?: number }) => {
    const item = this.isReading ? this.#items[first ?? -1] : undefined;
    this.day = item ? (isDay(item) ? item.day : this.context.format.day(item.at)) : "";
  };

  #loadAhead(): void {
    const { pages } = this;
    if (this.#last < this.#items.length - AHEAD || pages.failure || pages.isPaused || !pages.hasAnswered) return;
    void pages.more();
  }

  readonly #showFresh = () => {
    this.pages.showFresh();
    this.scroller?.scrollTo(0, 0);
    this.scroller?.focus();
  };

  readonly #open = (event: MouseEvent, turnId: string) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent<string>("open-turn", { detail: turnId }));
  };

  /** Go from row to row by the arrow keys. */
  readonly #step = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const rows = this.#rows;
    const row = rows[rows.findIndex((one) => one.matches(":focus")) + (step ?? 0)];
    if (step === undefined || !row || !rows.some((one) => one.matches(":focus"))) return;
    event.preventDefault();
    row.focus();
  };
}

/** By a name of ours: Home Assistant has its own `lit-virtualizer`, and a name can be given once. */
customElements.define("lv-rows", class extends LitVirtualizer<Item> {});

function isDay(item: Item): item is DayItem {
  return "day" in item;
}

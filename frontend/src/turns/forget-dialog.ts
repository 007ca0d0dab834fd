/** Deleting many turns at once: which, how far that reaches, and a last look before they are gone. */

import { mdiDeleteOutline } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Forgotten, LedgerGateway, Selection, TurnPage } from "../words.ts";
import { dayBounds } from "./days.ts";
import { NO_FILTER, isFiltered, placeOptions, placeSelection, queryOf } from "./filters.ts";
import { PAGE_TURNS, type Query } from "./pages.ts";

const CHOICES = ["hour", "today", "place", "found"] as const;
type Choice = (typeof CHOICES)[number];

const LAST_HOUR_S = 3_600;
/** Read to say how many there are: more than that are "more than". What is found by words is deleted as far as that. */
const MOST_PAGES = 8;

/** How far it reaches. */
interface Reach {
  readonly entryId: string;
  readonly query: Query;
  readonly ids: readonly string[];
  readonly clips: number;
  readonly isMore: boolean;
}

/** Tells `turns-forgotten` with how many are gone. */
@customElement("lv-forget-turns")
export class ForgetTurns extends View {
  static override styles = [
    styles,
    css`
      dialog {
        width: min(480px, calc(100vw - 32px));
        max-height: calc(100dvh - 32px);
        padding: 20px 24px;
        color: inherit;
        font: inherit;
        background: var(--lv-card);
        border: 1px solid var(--lv-line);
        border-radius: var(--lv-radius);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 50%);
      }
      fieldset {
        display: grid;
        margin: 0 0 12px;
        padding: 0;
        border: 0;
      }
      label {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 44px;
        cursor: pointer;
      }
      select {
        margin: 0 0 8px 34px;
        width: calc(100% - 34px) !important;
      }
      .actions {
        justify-content: flex-end;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: LedgerGateway;
  /** What the list shows. */
  @property({ attribute: false }) filter = NO_FILTER;
  @state() private choice: Choice = "hour";
  @state() private place = "";
  @state() private reach: Reach | null = null;
  @state() private isBusy = false;
  @state() private failure: unknown = null;
  /** Another one with each choice: an answer to an earlier one counts no more. */
  #asked = 0;

  /** What was counted is another gateway's. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("gateway");
    if (before && before.entry_id !== this.gateway.entry_id) this.#dialog?.close();
  }

  open(): void {
    this.choice = isFiltered(this.filter) ? "found" : "hour";
    this.place = this.filter.place;
    this.isBusy = false;
    void this.#look();
    this.#dialog?.showModal();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  protected override render(): TemplateResult {
    const { context, reach } = this;
    const t = context.t.bind(context);
    const choices = CHOICES.filter((choice) => choice !== "found" || isFiltered(this.filter));
    const canDelete = reach !== null && reach.ids.length > 0 && !this.isBusy;
    return html`<dialog aria-labelledby="title" @close=${() => this.#asked++}>
      <h2 id="title">${t("forgetting.title")}</h2>
      <fieldset>
        <legend class="visually-hidden">${t("forgetting.which")}</legend>
        ${choices.map(
          (choice) =>
            html`<label
                ><input
                  type="radio"
                  name="which"
                  .checked=${choice === this.choice}
                  ?disabled=${this.isBusy}
                  @change=${() => this.#choose(choice)}
                />${t(`forgetting.${choice}`)}</label
              >${choice === "place" && this.choice === "place" ? this.#places() : nothing}`,
        )}
      </fieldset>
      <div role="status" aria-live="polite">${this.#said()}</div>
      <div class="actions">
        <button type="button" ?disabled=${this.isBusy} @click=${() => this.#dialog?.close()}>
          ${t("forgetting.cancel")}
        </button>
        <button type="button" class="danger" ?disabled=${!canDelete} @click=${this.#forget}>
          ${icon(mdiDeleteOutline)}${
            reach?.ids.length && !this.#isEndless
              ? t("forgetting.delete", { count: reach.ids.length })
              : t("forgetting.delete_all")
          }
        </button>
      </div>
    </dialog>`;
  }

  #places(): TemplateResult {
    const choose = ({ target }: Event) => {
      this.place = (target as HTMLSelectElement).value;
      void this.#look();
    };
    return html`<select aria-label=${this.context.t("filters.place")} ?disabled=${this.isBusy} @change=${choose}>
      <option value="" ?selected=${!this.place}>${this.context.t("forgetting.choose_place")}</option>
      ${placeOptions(this.context, this.gateway, this.place)}
    </select>`;
  }

  /** Return how far it reaches, in words. */
  #said(): TemplateResult | typeof nothing {
    const { context, reach } = this;
    const t = context.t.bind(context);
    if (this.failure) return html`<p class="warning">${context.failure(this.failure)}</p>`;
    if (this.isBusy) return html`<p>${t("forgetting.deleting")}</p>`;
    if (this.choice === "place" && !this.place) return nothing;
    if (!reach) return html`<p class="faint">${t("forgetting.counting")}</p>`;
    if (!reach.ids.length) return html`<p>${t("forgetting.none")}</p>`;
    const count = { count: reach.ids.length };
    return html`<p>
        <strong>${this.#isEndless ? t("forgetting.more_than", count) : t("forgetting.reach", count)}</strong>
        ${reach.clips ? t("forgetting.clips", { count: reach.clips }) : nothing}
      </p>
      <p class="faint">${t(this.gateway.scope === "own" ? "forgetting.for_good_own" : "forgetting.for_good")}</p>`;
  }

  /** Whether more are meant than were counted. Of what is found by words, none is. */
  get #isEndless(): boolean {
    return (this.reach?.isMore ?? false) && !this.#query?.words;
  }

  /** What is chosen; null before a room is. */
  get #query(): Query | null {
    const { format } = this.context;
    const today = format.dayKey(new Date().toISOString());
    switch (this.choice) {
      case "hour":
        return { selection: { last_s: LAST_HOUR_S }, words: "" };
      case "today":
        return { selection: dayBounds(today, format.timeZone), words: "" };
      case "place":
        return this.place ? { selection: placeSelection(this.place), words: "" } : null;
      case "found":
        return queryOf(this.filter, format.timeZone);
    }
  }

  #choose(choice: Choice): void {
    this.choice = choice;
    void this.#look();
  }

  /** Find out how far it reaches. */
  async #look(): Promise<void> {
    const asked = ++this.#asked;
    this.reach = null;
    this.failure = null;
    const query = this.#query;
    if (!query) return;
    try {
      const reach = await this.#reachOf(query, () => asked === this.#asked);
      if (asked === this.#asked) this.reach = reach;
    } catch (error) {
      if (asked === this.#asked) this.failure = error ?? {};
    }
  }

  async #reachOf(query: Query, isWanted: () => boolean): Promise<Reach> {
    const { entry_id: entryId } = this.gateway;
    const ids: string[] = [];
    let [clips, before]: [number, number | null] = [0, null];
    for (let pages = 0; pages < MOST_PAGES && isWanted(); pages++) {
      const fields = { entry_id: entryId, ...query, before, limit: PAGE_TURNS };
      const page: TurnPage = await this.context.call<TurnPage>("ledger/turns", fields);
      ids.push(...page.turns.map(({ turn_id: id }) => id));
      clips += page.turns.filter(({ clip_until: until }) => until).length;
      ({ before } = page);
      if (before === null) break;
    }
    return { entryId, query, ids, clips, isMore: before !== null };
  }

  readonly #forget = async () => {
    const { reach } = this;
    if (!reach || this.isBusy) return;
    const { entryId, query, ids } = reach;
    this.isBusy = true;
    this.failure = null;
    let turns = 0;
    try {
      for (const selection of query.words ? batches(ids) : [query.selection]) {
        const fields = { entry_id: entryId, selection };
        turns += (await this.context.call<Forgotten>("ledger/forget", fields)).turns;
      }
      this.#dialog?.close();
    } catch (error) {
      this.failure = error ?? {};
    }
    this.isBusy = false;
    if (turns) this.dispatchEvent(new CustomEvent<number>("turns-forgotten", { detail: turns }));
  };
}

function* batches(ids: readonly string[]): Generator<Selection> {
  for (let from = 0; from < ids.length; from += PAGE_TURNS) yield { turn_ids: ids.slice(from, from + PAGE_TURNS) };
}

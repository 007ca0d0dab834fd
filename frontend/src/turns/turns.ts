/** What was said, newest first, and the turn that is open. */

import {
  mdiArrowLeft,
  mdiClose,
  mdiDatabaseOffOutline,
  mdiDeleteOutline,
  mdiDeleteSweepOutline,
  mdiEyeOffOutline,
  mdiGestureTap,
  mdiMagnifyClose,
  mdiMessageOutline,
} from "@mdi/js";
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { TurnNews } from "../context.ts";
import { icon } from "../parts/icons.ts";
import { loading, notice } from "../parts/notice.ts";
import { Paced } from "../parts/paced.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, TurnPage } from "../words.ts";
import type { TurnEvent } from "./events.ts";
import { NO_FILTER, isFiltered, queryOf, type Filter } from "./filters.ts";
import type { ForgetTurns } from "./forget-dialog.ts";
import "./forget-dialog.ts";
import { OpenTurn } from "./open-turn.ts";
import { Pages, type Ask } from "./pages.ts";
import type { TurnList } from "./turn-list.ts";
import "./turn-list.ts";
import "./turn.ts";
import { turnsStyles } from "./turns-styles.ts";

/** So often what is past its date is dropped: the shortest that anything is kept is about a minute. */
const LOOK_OVER_MS = 2_000;
const TOAST_MS = 6_000;
/** Between two looks at what is new, or gone: what is told meanwhile, however often, is seen by the next one. */
const REST_MS = 1_000;

@customElement("lv-turns")
export class TurnsView extends View {
  static override styles = [styles, turnsStyles];

  @property({ attribute: false }) gateway!: LedgerGateway;
  /** That the gateway understands, as `en`; empty where it has not said it. */
  @property() language = "";
  /** The turn that is open; none where empty. */
  @property({ attribute: false }) turnId = "";
  @state() private filter = NO_FILTER;
  @state() private pages: Pages | null = null;
  /** Another one each time the pages are. */
  @state() private version = 0;
  @state() private toast = "";
  @query("lv-turn-list") private readonly list!: TurnList | null;
  @query("lv-forget-turns") private readonly dialog!: ForgetTurns | null;
  @query("lv-turn") private readonly opened!: HTMLElement | null;
  @query(".pane") private readonly pane!: HTMLElement | null;
  readonly #ask: Ask = (fields) =>
    this.context.call<TurnPage>("ledger/turns", { entry_id: this.gateway.entry_id, ...fields });
  readonly #opened = new OpenTurn(this, this.#ask);
  readonly #fresh = new Paced(async () => this.pages?.refresh(), REST_MS);
  readonly #gone = new Paced(() => this.#recheck(), REST_MS);
  #news: EventTarget | null = null;
  #clock = 0;
  #toastClock = 0;
  /** Whether what is open was opened from the list alone: then the way back is the browser's. */
  #isFromList = false;
  /** Where the focus goes: to the pane, or to a turn of the list. */
  #focus: "pane" | { readonly turnId: string } | null = null;
  /** By the turn that was deleted last: the one beside it, with which to go on. */
  #beside: ReadonlyMap<string, string> = new Map();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = window.setInterval(this.#lookOver, LOOK_OVER_MS);
    if (this.hasUpdated) this.#listen(this.context.news);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    clearTimeout(this.#toastClock);
    this.#fresh.end();
    this.#gone.end();
    this.#listen(null);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("context")) this.#listen(this.context.news);
    if (changed.has("gateway")) this.#follow(changed.get("gateway"));
    if (this.pages && (changed.has("turnId") || this.#opened.id !== this.turnId))
      this.#turn(changed.get("turnId") ?? "");
    this.#opened.take(this.pages?.find(this.turnId));
  }

  protected override updated(): void {
    const focus = this.#focus;
    this.#focus = null;
    if (focus === "pane") (this.opened ?? this.pane)?.focus();
    else if (focus) void this.list?.updateComplete.then(() => this.list?.focusTurn(focus.turnId));
  }

  #listen(news: EventTarget | null): void {
    if (news === this.#news) return;
    this.#news?.removeEventListener("turns", this.#hear as EventListener);
    news?.addEventListener("turns", this.#hear as EventListener);
    this.#news = news;
  }

  /** Look at another gateway, or at what is different about it. */
  #follow(before: LedgerGateway | undefined): void {
    const { gateway } = this;
    if (before && before.entry_id !== gateway.entry_id) this.filter = NO_FILTER;
    if (whyNothing(gateway)) {
      this.pages = null;
      this.#opened.open("", undefined);
      return;
    }
    const isOther = before?.entry_id !== gateway.entry_id || before.scope !== gateway.scope;
    const isBack = gateway.connected && before?.connected === false;
    if (before && isOther) this.#opened.open(this.turnId, undefined); // it may be nobody's here
    if (!this.pages || isOther) this.#load();
    else if (isBack) this.#gone.ask();
  }

  #load(): void {
    const query = queryOf(this.filter, this.context.format.timeZone);
    const pages = new Pages(
      this.#ask,
      query,
      () => this.list?.isReading ?? false,
      () => pages === this.pages && this.version++,
    );
    this.pages = pages;
    void pages.more();
  }

  /** Go over what may have changed while nobody told us, or been forgotten. */
  async #recheck(): Promise<void> {
    const { pages } = this;
    if (!pages) return;
    const isOpen = this.turnId !== "" && !this.#opened.isGone;
    await Promise.all([
      pages.failure ? pages.restart() : pages.recheck(this.list?.seenCount ?? 0),
      isOpen ? this.#opened.fetch() : null,
    ]);
  }

  readonly #hear = ({ detail }: CustomEvent<TurnNews>) => {
    if (detail.entry_id !== this.gateway.entry_id) return;
    if (detail.why === "forgotten") this.#gone.ask();
    else this.#fresh.ask();
  };

  /** Drop what is past its date. */
  readonly #lookOver = () => {
    const now = Date.now();
    this.pages?.age(now);
    this.#opened.age(now);
  };

  #turn(before: string): void {
    this.#opened.open(this.turnId, this.pages?.find(this.turnId));
    if (this.turnId && this.hasUpdated) this.#focus = "pane";
    else if (before) this.#focus ??= { turnId: this.#beside.get(before) ?? before };
    if (!this.turnId) this.#isFromList = false;
  }

  protected override render(): TemplateResult {
    const { context, gateway } = this;
    const why = whyNothing(gateway);
    if (why) return this.#nothing(why);
    return html`<div
        class=${this.turnId ? "view is-open" : "view"}
        @turn-forgotten=${this.#forgotten}
        @turn-changed=${this.#turnChanged}
      >
        <lv-turn-filters
          .context=${context}
          .gateway=${gateway}
          .value=${this.filter}
          @filter-changed=${this.#filtered}
        >
          <button
            type="button"
            class="turns-delete"
            aria-label=${context.t("turns.delete_many")}
            @click=${() => this.dialog?.open()}
          >
            ${icon(mdiDeleteSweepOutline)}<span>${context.t("turns.delete_many")}</span>
          </button>
        </lv-turn-filters>
        <div class="card list">${this.#list()}</div>
        <section class="card pane" tabindex="-1" aria-label=${context.t("turns.opened")}>${this.#pane()}</section>
        <div class="toast" role="status">${this.toast ? html`<span>${this.toast}</span>` : nothing}</div>
      </div>
      <lv-forget-turns
        .context=${context}
        .gateway=${gateway}
        .filter=${this.filter}
        @turns-forgotten=${this.#forgottenMany}
      ></lv-forget-turns>`;
  }

  /** Return why there can be no list at all. */
  #nothing(why: NonNullable<ReturnType<typeof whyNothing>>): TemplateResult {
    const { context } = this;
    if (why === "waiting") return loading(context.t("turns.loading"));
    const icons = { not_allowed: mdiEyeOffOutline, no_ledger: mdiDatabaseOffOutline, off: mdiDeleteOutline };
    return html`${notice({
      icon: icons[why],
      title: context.t(`turns.${why}`),
      text: context.t(`turns.${why}_text`),
      ...(why === "off" && context.isAdmin
        ? { action: { label: context.t("turns.to_settings"), do: () => this.go("settings") } }
        : {}),
    })}`;
  }

  #list(): TemplateResult {
    const { context, pages } = this;
    const t = context.t.bind(context);
    if (!pages || (!pages.hasAnswered && !pages.turns.length)) return loading(t("turns.loading"));
    if (!pages.turns.length && pages.failure)
      return notice({
        title: context.failure(pages.failure),
        action: { label: t("turns.again"), do: () => void pages.more() },
      });
    if (!pages.turns.length && pages.isAtEnd)
      return isFiltered(this.filter)
        ? notice({
            icon: mdiMagnifyClose,
            title: t("turns.none_found"),
            action: { label: t("filters.clear"), do: () => this.#filter(NO_FILTER) },
          })
        : notice({
            icon: mdiMessageOutline,
            title: t(this.gateway.scope === "own" ? "turns.none_own" : "turns.none_yet"),
            text: t(this.gateway.scope === "own" ? "turns.none_own_text" : "turns.none_yet_text"),
          });
    return html`<lv-turn-list
      .context=${context}
      .gateway=${this.gateway}
      .pages=${pages}
      .version=${this.version}
      .openId=${this.turnId}
      @open-turn=${this.#open}
    ></lv-turn-list>`;
  }

  #pane(): TemplateResult {
    const { context } = this;
    const { turn, isGone, failure } = this.#opened;
    const t = context.t.bind(context);
    if (!this.turnId) return notice({ icon: mdiGestureTap, title: t("turns.choose"), text: t("turns.choose_text") });
    return html`<div class="bar">
        <button type="button" class="plain back" @click=${this.#close}>${icon(mdiArrowLeft)}${t("turns.back")}</button>
        <button type="button" class="plain close" aria-label=${t("turns.close")} @click=${this.#close}>
          ${icon(mdiClose)}
        </button>
      </div>
      ${
        turn
          ? html`<lv-turn
              .context=${context}
              .gateway=${this.gateway}
              .language=${this.language}
              .turn=${turn}
            ></lv-turn>`
          : isGone
            ? notice({ icon: mdiDeleteOutline, title: t("turns.gone"), text: t("turns.gone_text") })
            : failure
              ? notice({
                  title: context.failure(failure),
                  action: { label: t("turns.again"), do: () => void this.#opened.fetch() },
                })
              : loading(t("turns.loading"))
      }`;
  }

  readonly #filtered = ({ detail }: CustomEvent<Filter>) => this.#filter(detail);

  #filter(filter: Filter): void {
    this.filter = filter;
    this.#load();
  }

  readonly #open = ({ detail: turnId }: CustomEvent<string>) => {
    if (turnId === this.turnId) {
      (this.opened ?? this.pane)?.focus();
      return;
    }
    this.#isFromList = !this.turnId;
    this.go("turns", { turn: turnId });
  };

  readonly #close = () => {
    if (this.#isFromList) history.back();
    else this.go("turns");
  };

  /** The open turn is gone: go on with the one beside it. */
  readonly #forgotten = ({ detail: { turn_id: turnId } }: CustomEvent<TurnEvent>) => {
    this.#beside = new Map([[turnId, this.list?.beside(turnId) ?? ""]]);
    this.pages?.drop(({ turn_id: id }) => id === turnId);
    this.#say(this.context.t("turns.deleted", { count: 1 }));
    if (turnId === this.turnId) this.#close();
  };

  readonly #turnChanged = async ({ detail: { turn_id: turnId } }: CustomEvent<TurnEvent>) => {
    if (turnId !== this.#opened.id) return;
    const turn = await this.#opened.fetch();
    if (turn) this.pages?.replace(turn);
  };

  readonly #forgottenMany = ({ detail: count }: CustomEvent<number>) => {
    this.#say(this.context.t("turns.deleted", { count }));
    this.#gone.ask();
  };

  #say(text: string): void {
    this.toast = text;
    clearTimeout(this.#toastClock);
    this.#toastClock = window.setTimeout(() => (this.toast = ""), TOAST_MS);
  }
}

/** Return why no turn can be shown, whatever is asked; null where there is no reason. */
function whyNothing({ scope, kept, connected }: LedgerGateway): "not_allowed" | "no_ledger" | "off" | "waiting" | null {
  if (scope === "nothing") return "not_allowed";
  if (!kept) return connected ? "waiting" : null;
  if (!kept.is_there) return "no_ledger";
  return kept.transcripts_s === null ? "off" : null;
}

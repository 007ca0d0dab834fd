/** A turn in the list, and the day above the first one of a day. */

import { mdiPencilOutline, mdiVolumeHigh } from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import type { Context } from "../context.ts";
import { icon } from "../parts/icons.ts";
import { own } from "../parts/own.ts";
import { shown } from "../parts/shown.ts";
import type { LedgerGateway, Turn } from "../words.ts";
import { outcomeOf } from "./outcome.ts";

const MOST_NAMES = 3;
/** Two lines of a phone have room for no more; who opens the turn sees all. Marks of unseen characters count as many. */
const MOST_CHARS = 300;

export interface RowOf {
  readonly context: Context;
  readonly gateway: LedgerGateway;
  readonly openId: string;
  readonly open: (event: MouseEvent, turnId: string) => void;
}

export function dayRow(day: string): TemplateResult {
  return html`<div role="listitem" class="day"><h2>${day}</h2></div>`;
}

/** Return a turn as a link that opens it. */
export function turnRow(told: Turn, { context, gateway, openId, open }: RowOf): TemplateResult {
  const turn = { ...told, heard: short(told.heard), used: short(told.used), reply: short(told.reply) };
  const { turn_id: id } = turn;
  const { icon: path, word, tone } = outcomeOf(turn);
  const done = doneText(turn);
  const place = placeText(turn, context, gateway);
  return html`<div role="listitem" class="turn">
    <a
      href="?turn=${id}"
      data-turn=${id}
      aria-current=${id === openId ? "true" : nothing}
      @click=${(event: MouseEvent) => open(event, id)}
    >
      <span class="tone tone-${tone}">${icon(path)}</span>
      <span class="words">${wordsOf(turn, context)}</span>
      <span class="time number faint">${context.format.time(turn.at)}</span>
      <span class="done faint"
        ><span class=${tone === "good" || tone === "plain" ? "outcome" : "outcome went-wrong"}>${context.t(word)}</span
        >${done ? html` · ${shown(done)}` : nothing}</span
      >
      <span class="place faint"
        >${shown(place)}${
          turn.correction ? mark(mdiPencilOutline, context.t("turns.corrected")) : nothing
        }${turn.clip_until ? mark(mdiVolumeHigh, context.t("turns.recorded")) : nothing}</span
      >
    </a>
  </div>`;
}

function wordsOf({ heard, used }: Turn, context: Context): TemplateResult {
  if (!heard && !used) return html`<span class="none">${context.t("turns.no_words")}</span>`;
  if (!heard || !used || plain(heard) === plain(used)) return shown(heard || used);
  return html`${shown(heard)}<span class="used"
      ><span aria-hidden="true"> → </span><span class="visually-hidden">${context.t("turns.taken_for")}</span>${shown(
        used,
      )}</span
    >`;
}

function short(text: string): string {
  return text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

/** Words as they are compared: not by capitals, nor by marks at the end. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s.,!?]+/g, " ")
    .trim();
}

/** Return in few words what was done or said. */
function doneText({ outcome, reply, changes }: Turn): string {
  if (outcome === "not_understood") return ""; // it says only that
  return (
    reply ||
    changes
      .slice(0, MOST_NAMES)
      .map(({ name }) => name)
      .join(", ")
  );
}

/** Return where it was said, or who typed it. */
function placeText(turn: Turn, context: Context, gateway: LedgerGateway): string {
  const { area_id: areaId, satellite_id: satelliteId, user_id: userId } = turn;
  if (areaId) return context.areaName(areaId);
  if (satelliteId) return own(gateway.satellites, satelliteId) ?? satelliteId;
  return context.userName(userId) || context.t("turns.home_assistant");
}

function mark(path: string, label: string): TemplateResult {
  return html`<span class="has" title=${label}>${icon(path)}<span class="visually-hidden">${label}</span></span>`;
}

export const rowStyles = css`
  [role="listitem"] {
    width: 100%;
  }
  .day h2 {
    margin: 0;
    padding: 20px 16px 6px;
    font-size: 14px;
    font-weight: 500;
    color: var(--lv-faint);
  }
  .turn a {
    display: grid;
    grid-template-columns: 24px minmax(0, 1fr) auto;
    gap: 0 14px;
    align-items: center;
    padding: 9px 16px;
    color: inherit;
    text-decoration: none;
    border-inline-start: 4px solid transparent;
  }
  .turn a:hover {
    background: var(--lv-inner);
  }
  .turn a[aria-current] {
    background: var(--lv-inner);
    border-inline-start-color: var(--lv-accent);
  }
  .turn a:focus-visible {
    outline-offset: -3px;
  }
  .tone {
    grid-row: 1 / 3;
    display: flex;
    color: var(--lv-faint);
  }
  .tone-good {
    color: var(--lv-good);
  }
  .tone-warning {
    color: var(--lv-warning);
  }
  .tone-bad {
    color: var(--lv-bad);
  }
  .words,
  .done,
  .place bdi {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .words .none {
    color: var(--lv-faint);
    font-style: italic;
  }
  .used {
    color: var(--lv-faint);
  }
  .time,
  .place {
    justify-self: end;
  }
  .place {
    display: flex;
    align-items: center;
    gap: 6px;
    max-width: 170px;
  }
  .outcome {
    font-weight: 500;
  }
  /* What went wrong is what one looks for here. */
  .went-wrong {
    color: var(--primary-text-color);
  }
  .has {
    display: flex;
  }
  .has .icon {
    width: 16px;
    height: 16px;
  }
  @container (max-width: 600px) {
    .turn a {
      column-gap: 12px;
      padding-inline: 10px 14px;
    }
    .words {
      display: -webkit-box;
      white-space: normal;
      line-height: 1.3;
      -webkit-line-clamp: 2;
      -webkit-box-orient: vertical;
    }
    .time {
      align-self: start;
    }
    .place {
      max-width: 120px;
    }
  }
`;

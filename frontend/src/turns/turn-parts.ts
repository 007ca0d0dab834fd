/** What is shown of a turn: what was heard, what was made of it, and the details. */

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../context.ts";
import { filled } from "../parts/filled.ts";
import { icon } from "../parts/icons.ts";
import { own } from "../parts/own.ts";
import { shown } from "../parts/shown.ts";
import type { LedgerGateway, Turn } from "../words.ts";
import { meaning, stateWords } from "./meaning.ts";
import { outcomeOf } from "./outcome.ts";
import { reasonsOf } from "./reasons.ts";

/** Readings that are listed; a gateway sends fewer. */
const MOST_READINGS = 20;

/** Return the words, where and when they were said, and how it ended. */
export function head(context: Context, gateway: LedgerGateway, turn: Turn): TemplateResult {
  const { icon: path, word, tone } = outcomeOf(turn);
  const words = turn.used || turn.heard;
  const places = [
    context.areaName(turn.area_id),
    turn.satellite_id ? (own(gateway.satellites, turn.satellite_id) ?? turn.satellite_id) : "",
    who(context, turn),
  ].filter(Boolean);
  return html`<p class="moment faint">
      ${context.format.day(turn.at)}, ${context.format.time(turn.at)}
      ${places.map((place) => html`<span class="apart">${shown(place)}</span>`)}
    </p>
    <h2 tabindex="-1" class=${words ? "said" : "unsaid"}>${words ? shown(words) : context.t("turn.no_words")}</h2>
    <p class="outcome ${tone}">${icon(path)}<span>${context.t(word)}</span></p>`;
}

/** Return what was heard and used, and why; what was done, and answered. */
export function story(context: Context, turn: Turn, go: (tab: string, found: Record<string, string>) => void) {
  const reasons = reasonsOf(turn);
  const isOther = turn.used !== "" && turn.heard !== "" && turn.used !== turn.heard;
  return html`<dl class="facts story">
      ${isOther ? fact(context.t("turn.heard"), shown(turn.heard)) : nothing}
      ${isOther ? fact(context.t("turn.used"), shown(turn.used)) : nothing}
      ${turn.intent ? fact(context.t("turn.understood"), meaning(context, { ...turn, entity_id: acted(turn) })) : nothing}
      ${turn.changes.length ? fact(context.t("turn.done"), changes(context, turn)) : nothing}
      ${reasons.question ? fact(context.t("turn.asked_back"), shown(reasons.question)) : nothing}
      ${reasons.answer ? fact(context.t("turn.and_heard"), shown(reasons.answer)) : nothing}
      ${turn.reply ? fact(context.t("turn.answered"), shown(turn.reply)) : nothing}
    </dl>
    <p class="why faint">
      ${reasons.texts.map((text) => html`${context.t(text)} `)}
      ${reasons.failure ? context.t("reasons.failed", { what: context.of("errors", reasons.failure) }) : nothing}
    </p>
    ${
      reasons.requestId
        ? html`<button type="button" @click=${() => go("cloud", { request: reasons.requestId })}>
            ${context.t("turn.see_request")}
          </button>`
        : nothing
    }
    ${
      reasons.isByRule && context.isAdmin
        ? html`<button type="button" @click=${() => go("quality", {})}>${context.t("turn.see_rules")}</button>`
        : nothing
    }
    ${readings(context, turn)}`;
}

/** Return what is known besides. */
export function details(context: Context, turn: Turn): TemplateResult {
  const goes = (iso: string) =>
    context.t("turn.moment", { relative: context.format.relative(iso), date: context.format.dateTime(iso) });
  return html`<dl class="facts">
    ${turn.wake_word ? fact(context.t("turn.wake_word"), wake(context, turn)) : nothing}
    ${
      turn.audio_ms
        ? fact(
            context.t("turn.length"),
            html`<span class="number">${context.format.milliseconds(turn.audio_ms)}</span>`,
          )
        : nothing
    }
    ${turn.keep_until ? fact(context.t("turn.words_go"), html`${goes(turn.keep_until)}`) : nothing}
    ${turn.clip_until ? fact(context.t("turn.sound_goes"), html`${goes(turn.clip_until)}`) : nothing}
  </dl>`;
}

function who(context: Context, { user_id: userId }: Turn): string {
  return userId ? context.userName(userId) || context.t("turn.somebody") : "";
}

export function fact(name: string, value: TemplateResult): TemplateResult {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

/** Return the thing that was changed, where it was one: its kind says what "turn on" was. */
function acted({ changes: [first, second] }: Turn): string {
  return first && !second ? first.entity_id : "";
}

function changes(context: Context, turn: Turn): TemplateResult {
  return html`<ul class="changes">
    ${turn.changes.map(
      ({ entity_id: id, name, before, after }) =>
        html`<li>
          ${shown(name || id)}:
          ${filled(context, "turn.from_to", {
            before: shown(stateWords(context, id, before)),
            after: html`<strong>${shown(stateWords(context, id, after))}</strong>`,
          })}
        </li>`,
    )}
  </ul>`;
}

function readings(context: Context, { hypotheses, used, heard }: Turn): TemplateResult | typeof nothing {
  if (!hypotheses.some(({ text }) => text !== heard || text !== (used || heard))) return nothing;
  return html`<details>
    <summary>${context.t("turn.readings")}</summary>
    <p class="faint">${context.t("turn.readings_help")}</p>
    <ol class="readings">
      ${hypotheses.slice(0, MOST_READINGS).map(
        ({ text, score }) =>
          html`<li>
            <span>${shown(text)}</span>
            <span class="number faint">${context.format.percent(Math.exp(Math.min(score, 0)))}</span>
          </li>`,
      )}
    </ol>
  </details>`;
}

function wake(context: Context, turn: Turn): TemplateResult {
  const { format } = context;
  const word = turn.wake_word.replaceAll("_", " ");
  if (turn.wake_score === null) return shown(word);
  const first = filled(context, "turn.wake_sure", { word: shown(word), percent: format.percent(turn.wake_score) });
  if (turn.second_score === null) return first;
  return html`${first}, ${context.t("turn.second_sure", { percent: format.percent(turn.second_score) })}`;
}

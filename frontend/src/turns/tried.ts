/** What a correction would come to: before and after, the rule, and whom it harms. */

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../context.ts";
import { ruleWords } from "../parts/rule-words.ts";
import { shown } from "../parts/shown.ts";
import type { Corrected, LedgerGateway, Meaning } from "../words.ts";
import { meaning } from "./meaning.ts";
import { fact } from "./turn-parts.ts";

const NOTHING: Meaning = { text: "", intent: "", slots: {}, entity_id: "" };

export function tried(context: Context, scope: LedgerGateway["scope"], found: Corrected): TemplateResult {
  return html`<dl class="facts">
      ${fact(context.t("correct.before"), meaning(context, found.before ?? NOTHING))}
      ${fact(context.t("correct.after"), meaning(context, found.after ?? NOTHING))}
      ${found.rule ? fact(context.t("correct.rule"), html`${ruleWords(context, found.rule)}`) : nothing}
    </dl>
    <p class="faint">
      ${context.t(found.from_sound ? "correct.from_sound" : "correct.from_words")}
      ${found.rule ? nothing : context.t("correct.no_rule_needed")}
      ${found.rule && scope === "all" && found.replayed ? context.t("correct.replayed", { count: found.replayed }) : nothing}
      ${found.rule && !found.harmed_count ? context.t("correct.harmless") : nothing}
    </p>
    ${found.harmed_count ? harm(context, found) : nothing}`;
}

function harm(context: Context, { harmed, harmed_count: count }: Corrected): TemplateResult {
  return html`<div class="warning">
    <p><strong>${context.t("correct.harms", { count })}</strong></p>
    ${
      harmed.length
        ? html`<ul class="harmed">
            ${harmed.map(
              ({ heard, before, after }) =>
                html`<li>
                  <q>${shown(heard)}</q>
                  <div class="faint">${meaning(context, before)} → ${meaning(context, after)}</div>
                </li>`,
            )}
          </ul>`
        : nothing
    }
    ${
      harmed.length && count > harmed.length
        ? html`<p class="faint">${context.t("correct.harms_more", { count: count - harmed.length })}</p>`
        : nothing
    }
  </div>`;
}

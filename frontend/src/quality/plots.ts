/** How well it went, as plots. */

import { html, nothing, type TemplateResult } from "lit";
import type { Context, Key } from "../context.ts";
import { barChart, lineChart, type Plot } from "../parts/plot.ts";
import type { Stats } from "../words.ts";
import { mayBeKept, spansOf, understoodShare, type Span } from "./spans.ts";

/** The stage at which who spoke hears the answer. */
export const REPLY = "first_sound";

/** Return a card for each plot; `transcriptsS` is for how long turns are kept. */
export function plots(context: Context, stats: Stats, transcriptsS: number | null): TemplateResult[] {
  const all = spansOf(stats, context);
  const { total, corrected, corrected_right: right } = stats;
  const { format } = context;
  const common = (spans: readonly Span[]): Pick<Plot, "labels" | "over"> => ({
    labels: spans.map(({ label }) => label),
    over: context.t(spans.length < stats.days.length ? "quality.week_from" : "quality.day"),
  });
  const counted = { ...common(all), format: (value: number) => format.number(value), isWhole: true };
  const series = (name: Key, of: (span: Span) => number | null, spans = all) => ({
    name: context.t(name),
    values: spans.map(of),
  });
  const most = Math.max(0, ...all.map(({ counts: { turns } }) => turns));
  const share = understoodShare(total);
  const reply = stats.stages[REPLY];
  const kept = all.filter((span) => mayBeKept(span, transcriptsS));
  const cards = [
    card(context, "quality.turns", null, (name) =>
      barChart(context, {
        ...counted,
        name,
        summary: context.t("quality.turns_seen", { count: total.turns, most: format.number(most) }),
        series: [
          series("quality.understood", ({ counts }) => counts.understood),
          series("quality.not_understood", ({ counts }) => counts.not_understood),
          series(
            "quality.others",
            ({ counts: { turns, understood, not_understood: not } }) => turns - understood - not,
          ),
        ],
      }),
    ),
    card(context, "quality.share", "quality.share_text", (name) =>
      lineChart(context, {
        ...common(all),
        name,
        summary: share === null ? "" : context.t("quality.share_seen", { share: format.percent(share) }),
        series: [series("quality.share", ({ counts }) => understoodShare(counts))],
        format: (value) => format.percent(value),
        top: 1,
      }),
    ),
    card(context, "quality.reply", "quality.reply_text", (name) =>
      lineChart(context, {
        ...common(all),
        name,
        summary: reply ? context.t("quality.reply_seen", { median: format.milliseconds(reply.median_ms) }) : "",
        series: [series("quality.reply", ({ reply_ms: ms }) => ms)],
        format: (value) => format.milliseconds(value),
      }),
    ),
    card(context, "quality.false_wakes", "quality.false_wakes_text", (name) =>
      barChart(context, {
        ...counted,
        name,
        summary: context.t("quality.false_wakes_seen", { count: total.false_wakes }),
        series: [series("quality.false_wakes", ({ counts }) => counts.false_wakes)],
      }),
    ),
  ];
  if (corrected && kept.length)
    cards.push(
      card(context, "quality.corrected", "quality.corrected_text", (name) =>
        barChart(context, {
          ...counted,
          ...common(kept),
          over: counted.over,
          name,
          summary: context.t("quality.corrected_seen", { right: format.number(right), count: corrected }),
          series: [
            series("quality.right_now", (span) => span.corrected_right, kept),
            series("quality.not_right", (span) => Math.max(0, span.counts.corrected - span.corrected_right), kept),
          ],
        }),
      ),
    );
  return cards;
}

function card(context: Context, name: Key, text: Key | null, plot: (name: string) => TemplateResult): TemplateResult {
  return html`<section>
    <h3>${context.t(name)}</h3>
    ${text ? html`<p class="faint">${context.t(text)}</p>` : nothing} ${plot(context.t(name))}
  </section>`;
}

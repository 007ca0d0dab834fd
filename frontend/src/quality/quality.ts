/** How well it does, and what the household taught it. */

import { mdiChartLine, mdiLockOutline } from "@mdi/js";
import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Key } from "../context.ts";
import { loading, notice } from "../parts/notice.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, Stats } from "../words.ts";
import { Asked } from "./asked.ts";
import { REPLY, plots } from "./plots.ts";
import { qualityStyles } from "./quality-styles.ts";
import { PERIODS, understoodShare, type Period } from "./spans.ts";
import "./rules.ts";

const PERIOD_NAMES: Readonly<Record<Period, Key>> = {
  7: "quality.days_7",
  30: "quality.days_30",
  91: "quality.days_91",
  364: "quality.days_364",
};

@customElement("lv-quality")
export class QualityView extends View {
  static override styles = [styles, qualityStyles];

  @property({ attribute: false }) gateway!: LedgerGateway;
  @state() private days: Period = 30;
  readonly #stats = new Asked(this, ({ entry_id }) =>
    this.context.call<Stats>("ledger/stats", { entry_id, days: this.days }),
  );

  protected override render(): TemplateResult {
    const { context } = this;
    const { told, isAsking } = this.#stats;
    if (this.gateway.scope !== "all")
      return notice({
        icon: mdiLockOutline,
        title: context.t("quality.administrators"),
        text: context.t("quality.administrators_text"),
      });
    return html`<div class="stack">
      <div class="row heading">
        <h2>${context.t("quality.title")}</h2>
        ${this.#periods()}
      </div>
      <div class="stack" aria-busy=${isAsking} data-is-old=${(isAsking && told !== null) || nothing}>
        ${this.#shown()}
      </div>
      <lv-rules .context=${context} .gateway=${this.gateway}></lv-rules>
    </div>`;
  }

  #periods(): TemplateResult {
    const { context } = this;
    const choose = (days: Period) => {
      this.days = days;
      void this.#stats.anew();
    };
    return html`<div class="periods" role="group" aria-label=${context.t("quality.period")}>
      ${PERIODS.map(
        (days) =>
          html`<button type="button" aria-pressed=${days === this.days} @click=${() => choose(days)}>
            ${context.t(PERIOD_NAMES[days])}
          </button>`,
      )}
    </div>`;
  }

  #shown(): TemplateResult {
    const { context } = this;
    const { told: stats, failure } = this.#stats;
    if (failure)
      return notice({
        title: context.t("quality.not_told"),
        text: context.failure(failure),
        action: { label: context.t("quality.again"), do: () => void this.#stats.anew() },
      });
    if (!stats) return loading(context.t("page.loading"));
    if (!stats.total.turns && !stats.total.false_wakes)
      return html`<section>
        ${notice({ icon: mdiChartLine, title: context.t("quality.empty"), text: context.t("quality.empty_text") })}
      </section>`;
    return html`
      ${this.#figures(stats)}
      <div class="plots">${plots(context, stats, this.gateway.kept?.transcripts_s ?? null)}</div>
      ${Object.keys(stats.stages).length ? this.#stages(stats) : nothing}
    `;
  }

  #figures({ total, stages, corrected, corrected_right: right }: Stats): TemplateResult {
    const { context } = this;
    const { format } = context;
    const share = understoodShare(total);
    const reply = stages[REPLY];
    const none = context.t("plot.nothing");
    const figure = (value: string, text: string) =>
      html`<section>
        <p class="figure number">${value}</p>
        <p class="faint">${text}</p>
      </section>`;
    return html`<div class="figures">
      ${figure(
        share === null ? none : format.percent(share),
        context.t("quality.figure_understood", { count: total.turns }),
      )}
      ${figure(reply ? format.milliseconds(reply.median_ms) : none, context.t("quality.figure_reply"))}
      ${figure(format.number(total.false_wakes), context.t("quality.figure_wakes", { count: total.false_wakes }))}
      ${figure(
        corrected ? context.t("quality.of", { right: format.number(right), all: format.number(corrected) }) : none,
        context.t(corrected ? "quality.figure_corrected" : "quality.figure_not_corrected"),
      )}
    </div>`;
  }

  #stages({ stages }: Stats): TemplateResult {
    const { context } = this;
    const { format } = context;
    const rows = Object.entries(stages).sort(([, one], [, other]) => one.median_ms - other.median_ms);
    return html`<section>
      <h3>${context.t("quality.stages")}</h3>
      <p class="faint">${context.t("quality.stages_text")}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">${context.t("quality.stage")}</th>
            <th scope="col">${context.t("quality.median")}</th>
            <th scope="col">${context.t("quality.p95")}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name, { median_ms: median, p95_ms: p95 }]) =>
              html`<tr>
                <th scope="row"><bdi>${context.of("stages", name)}</bdi></th>
                <td class="number">${format.milliseconds(median)}</td>
                <td class="number">${format.milliseconds(p95)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }
}

/** One gateway: how much left the home, what may, and what was decided lately. */

import { mdiCloudOutline, mdiHomeOutline } from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { controls } from "../parts/controls.ts";
import { icon } from "../parts/icons.ts";
import { barChart } from "../parts/plot.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { Wanted } from "../parts/wanted.ts";
import { View } from "../view.ts";
import type { ConsentGateway } from "../words.ts";
import "./decided.ts";

@customElement("lv-cloud-gateway")
export class CloudGatewayElement extends View {
  static override styles = [
    styles,
    controls,
    css`
      .name {
        margin: 8px 4px 0;
      }
      .sum {
        margin: 0;
      }
      .sum .number {
        display: block;
        font-size: 36px;
        font-weight: 300;
        line-height: 1.2;
      }
      lv-plot {
        margin-top: 16px;
      }
      .place {
        display: flex;
        align-items: center;
        gap: 12px;
      }
      .place .icon {
        color: var(--lv-faint);
      }
      .place > div {
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: ConsentGateway;
  /** Whether there are others, so that this one is told by its name. */
  @property({ attribute: false }) isNamed = false;
  @state() private failure: unknown = null;
  readonly #allowed = new Wanted<boolean>(this);

  protected override render(): TemplateResult {
    const { context, gateway } = this;
    return html`<div class="stack">
      ${this.isNamed ? html`<h2 class="name">${shown(gateway.name)}</h2>` : nothing}
      ${gateway.connected ? this.#standing() : html`<section>${context.t("cloud.away")}</section>`}
    </div>`;
  }

  #standing(): TemplateResult {
    const { context, gateway } = this;
    return html`${gateway.month ? this.#sent() : nothing}
      <section>
        <h2>${context.t("cloud.what_may")}</h2>
        ${gateway.may_approve ? nothing : html`<p class="warning">${context.t("cloud.may_not")}</p>`} ${this.#switch()}
        <h3>${context.t("cloud.destinations")}</h3>
        ${this.#destinations()}
      </section>
      <section>
        <h2>${context.t("cloud.decided")}</h2>
        <lv-decided .context=${context} .gateway=${gateway}></lv-decided>
      </section>`;
  }

  #sent(): TemplateResult {
    const { context, gateway } = this;
    const { format } = context;
    const month = format.month(gateway.month);
    return html`<section>
      <p class="sum">
        <span class="number">${format.bytes(gateway.sent_bytes)}</span>
        ${context.t("cloud.left_in_month", { month })}
      </p>
      ${gateway.sent_bytes ? this.#days(month) : nothing}
    </section>`;
  }

  #days(month: string): TemplateResult {
    const { context, gateway } = this;
    const { format } = context;
    const days = daysOf(gateway.month);
    const values = days.map((day) => gateway.sent_days[day] ?? 0);
    const compact = new Intl.NumberFormat(format.language, {
      notation: "compact",
      style: "unit",
      unit: "byte",
      unitDisplay: "narrow",
    });
    return barChart(context, {
      name: context.t("cloud.by_day"),
      summary: context.t("cloud.by_day_summary", {
        bytes: format.bytes(gateway.sent_bytes),
        count: values.filter(Boolean).length,
        month,
      }),
      over: context.t("cloud.day"),
      labels: days.map((day) => format.shortDay(day)),
      series: [{ name: context.t("cloud.sent"), values }],
      format: (value) => format.bytes(value),
      axis: (value) => compact.format(value),
      isWhole: true,
    });
  }

  #switch(): TemplateResult {
    const { context, gateway } = this;
    if (!gateway.is_admin)
      return html`<p>${context.t(gateway.is_allowed ? "cloud.is_allowed" : "cloud.is_not_allowed")}</p>`;
    return html`<label class="switch">
        <input
          type="checkbox"
          role="switch"
          .checked=${live(this.#allowed.over(gateway.is_allowed))}
          @change=${this.#turn}
        />${context.t("cloud.allow")}
      </label>
      <p class="faint" role="status">
        ${this.failure ? context.failure(this.failure) : context.t("cloud.allow_hint")}
      </p>`;
  }

  readonly #turn = async (event: Event) => {
    const isAllowed = (event.target as HTMLInputElement).checked;
    this.failure = null;
    const fields = { entry_id: this.gateway.entry_id, is_allowed: isAllowed };
    try {
      await this.#allowed.until(isAllowed, this.context.call("consent/allow", fields));
    } catch (error) {
      this.failure = error;
    }
  };

  #destinations(): TemplateResult {
    const { context, gateway } = this;
    if (!gateway.destinations.length) return html`<p class="faint">${context.t("cloud.no_destinations")}</p>`;
    return html`<ul>
      ${gateway.destinations.map(
        ({ host, model, is_local: isLocal }) =>
          html`<li class="place">
            ${icon(isLocal ? mdiHomeOutline : mdiCloudOutline)}
            <div>
              <strong>${shown(host)}</strong> · ${shown(model)}<br />
              <span class="faint">${context.t(isLocal ? "cloud.where_local" : "cloud.where_cloud")}</span>
            </div>
          </li>`,
      )}
    </ul>`;
  }
}

/** Return the days of a month (`2026-11`). */
function daysOf(month: string): string[] {
  const [year, number] = month.split("-").map(Number);
  const count = new Date(Date.UTC(year ?? 0, number ?? 0, 0)).getUTCDate();
  return Number.isNaN(count)
    ? []
    : Array.from({ length: count }, (_, day) => `${month}-${String(day + 1).padStart(2, "0")}`);
}

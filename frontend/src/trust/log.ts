/** The audit log: its end as Home Assistant keeps it, and a look at all of it. */

import { mdiAlertCircleOutline, mdiCheckCircleOutline } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Gateway, Head, Verified } from "../words.ts";

/** As many as the integration shows elsewhere (`SHORT_HASH_CHARS`): nobody meets them by trying. */
const SHORT_HASH_CHARS = 16;
const GOOD = "good";
const REPAIRS = "/config/repairs";

@customElement("lv-log")
export class LogElement extends View {
  static override styles = [
    styles,
    css`
      code {
        overflow-wrap: anywhere;
      }
      .hint {
        margin-top: 12px;
      }
      .warning p:last-child {
        margin: 0;
      }
      .warning a {
        display: inline-flex;
        align-items: center;
        min-height: 40px;
      }
      .result,
      .checking {
        display: grid;
        grid-template-columns: auto 1fr;
        align-items: center;
        gap: 4px 16px;
        margin-top: 16px;
      }
      .result {
        align-items: start;
        padding: 12px 16px;
        border-radius: 8px;
        border-inline-start: 4px solid var(--lv-good);
        background: var(--lv-inner);
      }
      .result.bad {
        border-color: var(--lv-bad);
      }
      .result > .icon {
        color: var(--lv-good);
      }
      .result.bad > .icon {
        color: var(--lv-bad);
      }
      :is(.result, .checking) p {
        margin: 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: Gateway;
  @state() private isChecking = false;
  @state() private verified: Verified | null = null;
  @state() private failure = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("gateway");
    if (!before || before.entry_id === this.gateway.entry_id) return;
    this.verified = null;
    this.failure = "";
    this.isChecking = false;
  }

  protected override render(): TemplateResult {
    const { context } = this;
    const { connected, head } = this.gateway.trust;
    return html`<section>
      <h2>${context.t("trust.log")}</h2>
      <p>${context.t("trust.log_text")}</p>
      ${head ? this.#head(head) : html`<p>${context.t("trust.no_head")}</p>`}
      <div class="actions">
        <button
          type="button"
          ?disabled=${!connected}
          aria-disabled=${this.isChecking ? "true" : nothing}
          @click=${() => void this.#check()}
        >
          ${context.t(this.verified ? "trust.check_again" : "trust.check")}
        </button>
      </div>
      <div role="status">${this.#outcome()}</div>
    </section>`;
  }

  #head(head: Head): TemplateResult {
    const { context } = this;
    const { verdict } = this.gateway.trust;
    const end = endOf(head);
    return html`<dl class="facts">
        <dt>${context.t("trust.rows")}</dt>
        <dd class="number">${context.format.number(head.size)}</dd>
        <dt>${context.t("trust.last_row")}</dt>
        <dd>${context.format.dateTime(head.at)}</dd>
        <dt>${context.t("trust.end")}</dt>
        <dd><code>${shown(end)}</code></dd>
        ${
          verdict === GOOD
            ? html`<dt>${context.t("trust.state")}</dt>
                <dd>${context.of("verdicts", verdict)}</dd>`
            : nothing
        }
      </dl>
      ${verdict && verdict !== GOOD ? this.#wrong(verdict) : nothing}
      <p class="faint hint">${shown(context.t("trust.end_text", { head: end }))}</p>`;
  }

  #wrong(verdict: string): TemplateResult {
    const { context, gateway } = this;
    return html`<div class="warning">
      <p><strong>${context.t("trust.checked_bad")}</strong></p>
      <p>${shown(context.of("verdicts", verdict))}</p>
      ${gateway.is_admin ? html`<p><a href=${REPAIRS}>${context.t("trust.repairs")}</a></p>` : nothing}
    </div>`;
  }

  #outcome(): TemplateResult | typeof nothing {
    const { context } = this;
    if (this.isChecking)
      return html`<div class="checking">
        <span class="spinner"></span>
        <p>${context.t("trust.checking")}</p>
      </div>`;
    if (this.failure) return html`<p class="warning">${this.failure}</p>`;
    if (!this.verified) return nothing;
    const { rows, head, verdict } = this.verified;
    const isGood = verdict === GOOD;
    const text = isGood ? context.t("trust.checked_good_text") : context.of("verdicts", verdict);
    return html`<div class="result ${isGood ? "" : "bad"}">
      ${icon(isGood ? mdiCheckCircleOutline : mdiAlertCircleOutline)}
      <div>
        <p><strong>${context.t(isGood ? "trust.checked_good" : "trust.checked_bad")}</strong></p>
        <p>${context.t("trust.checked", { count: rows })} ${shown(text)}</p>
        <p class="faint"><code>${shown(endOf(head))}</code></p>
      </div>
    </div>`;
  }

  async #check(): Promise<void> {
    if (this.isChecking) return;
    const entryId = this.gateway.entry_id;
    this.isChecking = true;
    this.verified = null;
    this.failure = "";
    try {
      const verified = await this.context.call<Verified>("page/verify", { entry_id: entryId });
      if (entryId === this.gateway.entry_id) this.verified = verified;
    } catch (error) {
      if (entryId === this.gateway.entry_id) this.failure = this.context.failure(error);
    }
    if (entryId === this.gateway.entry_id) this.isChecking = false;
  }
}

/** Return an end as `local-voice audit verify` takes it. */
function endOf({ size, hash }: Head): string {
  return `${size}:${hash.slice(0, SHORT_HASH_CHARS)}`;
}

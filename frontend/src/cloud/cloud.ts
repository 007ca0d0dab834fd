/** What wants to leave the home, what did, and what became of it. */

import { mdiArrowLeft, mdiCloudLockOutline } from "@mdi/js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import { repeat } from "lit/directives/repeat.js";
import { column } from "../parts/column.ts";
import { filled } from "../parts/filled.ts";
import { icon } from "../parts/icons.ts";
import { notice } from "../parts/notice.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { ConsentGateway, WaitingRequest } from "../words.ts";
import { contentText, hostOf, marked, placeOf } from "./fate.ts";
import "./gateway.ts";
import "./left.ts";
import "./request.ts";

@customElement("lv-cloud")
export class CloudView extends View {
  static override styles = [
    styles,
    column,
    css`
      .back {
        justify-self: start;
      }
    `,
  ];

  @property({ attribute: false }) gateways: readonly ConsentGateway[] = [];
  /** When they were told, by `performance.now()`. */
  @property({ attribute: false }) toldMs = 0;
  /** The request that is open; none where empty. */
  @property({ attribute: false }) requestId = "";
  @query("h2") private heading!: HTMLElement | null;

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has("requestId") || changed.get("requestId") === undefined) return;
    this.scrollIntoView();
    if (!this.requestId) this.heading?.focus({ preventScroll: true });
  }

  protected override render(): TemplateResult {
    return html`<div class="stack">${this.requestId ? this.#opened() : this.#all()}</div>`;
  }

  #opened(): TemplateResult {
    const { context, gateways, requestId, toldMs } = this;
    return html`<button type="button" class="back" @click=${() => this.go("cloud")}>
        ${icon(mdiArrowLeft)}${context.t("cloud.back")}
      </button>
      ${keyed(
        requestId,
        html`<lv-request
          .context=${context}
          .gateways=${gateways}
          .toldMs=${toldMs}
          .requestId=${requestId}
        ></lv-request>`,
      )}`;
  }

  #all(): TemplateResult {
    const { context, gateways } = this;
    if (!gateways.length)
      return notice({
        icon: mdiCloudLockOutline,
        title: context.t("cloud.no_gateway"),
        text: context.t("page.not_set_up_text"),
      });
    return html`${gateways.some(({ connected }) => connected) ? this.#waiting() : nothing}
    ${repeat(
      gateways,
      ({ entry_id: id }) => id,
      (gateway) =>
        html`<lv-cloud-gateway
          .context=${context}
          .gateway=${gateway}
          .isNamed=${gateways.length > 1}
        ></lv-cloud-gateway>`,
    )}`;
  }

  #waiting(): TemplateResult {
    const { context } = this;
    const all = this.gateways.flatMap((gateway) => gateway.waiting.map((request) => ({ gateway, request })));
    const howMany = all.length ? context.t("cloud.how_many", { count: all.length }) : context.t("cloud.nothing_waits");
    return html`<section>
      <h2 tabindex="-1">${context.t("cloud.waiting")}</h2>
      <p role="status">${howMany}</p>
      <ul>
        ${repeat(
          all,
          ({ request }) => request.request_id,
          ({ gateway, request }) => this.#row(gateway, request),
        )}
      </ul>
    </section>`;
  }

  #row(gateway: ConsentGateway, request: WaitingRequest): TemplateResult {
    const { context } = this;
    const [content, place] = [contentText(context, request.content), placeOf(context, request)];
    const at = filled(context, "cloud.at_gateway", { place: shown(place), gateway: shown(gateway.name) });
    return html`<li class="row">
      <div>
        <strong>${content} → ${shown(hostOf(gateway, request))}</strong><br />
        <span class="faint">
          ${this.gateways.length > 1 ? at : shown(place)} · ${context.format.bytes(request.size_bytes)} ·
          <lv-left
            style="display: inline"
            .context=${context}
            .untilMs=${this.toldMs + request.left_s * 1_000}
          ></lv-left>
        </span>
      </div>
      <button
        type="button"
        aria-label=${context.t("cloud.look_at", { content, place: marked(place) })}
        @click=${() => this.go("cloud", { request: request.request_id })}
      >
        ${context.t("cloud.look")}
      </button>
    </li>`;
  }
}

/** What was decided lately: a line each, and what came back where a person wants to see it. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../parts/icons.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { ConsentGateway, DecidedRequest } from "../words.ts";
import { contentText, fateIcon, fateText, hostOf, placeOf } from "./fate.ts";
import "./answer.ts";

@customElement("lv-decided")
export class DecidedElement extends View {
  static override styles = [
    styles,
    css`
      .line {
        display: flex;
        align-items: start;
        gap: 12px;
      }
      .fate {
        color: var(--lv-faint);
      }
      .fate.answered {
        color: var(--lv-good);
      }
      .fate.failed {
        color: var(--lv-bad);
      }
      .row {
        flex: 1;
        min-width: 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: ConsentGateway;
  /** The requests whose answers are shown. */
  @state() private opened: ReadonlySet<string> = new Set();

  protected override render(): TemplateResult {
    const { decided } = this.gateway;
    if (!decided.length) return html`<p class="faint">${this.context.t("cloud.nothing_decided")}</p>`;
    return html`<ul>
      ${repeat(
        decided,
        ({ request_id: id }) => id,
        (request) => this.#line(request),
      )}
    </ul>`;
  }

  #line(request: DecidedRequest): TemplateResult {
    const { context, gateway } = this;
    const hasAnswer = request.has_answer && gateway.may_approve;
    const isOpen = hasAnswer && this.opened.has(request.request_id);
    return html`<li>
      <div class="line">
        <span class="fate ${request.fate}">${icon(fateIcon(request.fate))}</span>
        <div class="row">
          <div>
            ${fateText(context, request)}<br />
            <span class="faint">
              ${contentText(context, request.content)} → ${shown(hostOf(gateway, request))} ·
              ${shown(placeOf(context, request))} · ${context.format.dateTime(request.decided_at)}
            </span>
          </div>
          ${
            hasAnswer
              ? html`<button type="button" aria-expanded=${String(isOpen)} @click=${() => this.#turn(request)}>
                  ${context.t(isOpen ? "cloud.hide_answer" : "cloud.show_answer")}
                </button>`
              : nothing
          }
        </div>
      </div>
      ${
        isOpen
          ? html`<lv-answer
              .context=${context}
              .entryId=${gateway.entry_id}
              .requestId=${request.request_id}
              .host=${hostOf(gateway, request)}
            ></lv-answer>`
          : nothing
      }
    </li>`;
  }

  #turn({ request_id: id }: DecidedRequest): void {
    const opened = new Set(this.opened);
    if (!opened.delete(id)) opened.add(id);
    this.opened = opened;
  }
}

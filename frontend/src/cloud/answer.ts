/** What came back for a request: fetched when it is shown, forgotten when it is not. */

import { css, html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { filled } from "../parts/filled.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";

@customElement("lv-answer")
export class AnswerElement extends View {
  static override styles = [
    styles,
    css`
      .answer {
        margin: 12px 0 0;
        padding: 10px 14px;
        border-radius: 8px;
        background: var(--lv-inner);
      }
      .answer p {
        margin: 0;
      }
      .answer .text {
        white-space: pre-wrap;
      }
    `,
  ];

  @property({ attribute: false }) entryId = "";
  @property({ attribute: false }) requestId = "";
  /** Who answered. */
  @property({ attribute: false }) host = "";
  @state() private text: string | null = null;
  @state() private failure: unknown = null;

  protected override firstUpdated(): void {
    void this.#fetch();
  }

  async #fetch(): Promise<void> {
    const fields = { entry_id: this.entryId, request_id: this.requestId };
    try {
      const { text } = await this.context.call<{ text: string }>("consent/answer", fields);
      this.text = text;
    } catch (error) {
      this.failure = error;
    }
  }

  protected override render(): TemplateResult {
    const { context, host, text } = this;
    if (this.failure) return html`<p class="status" role="status">${context.failure(this.failure)}</p>`;
    if (text === null) return html`<p class="status faint" role="status">${context.t("request.fetching_answer")}</p>`;
    const of = filled(context, "request.answer_of", { host: shown(host) });
    return html`<div class="answer" role="status">
      <p class="faint">${of}</p>
      <p class="text">${shown(text)}</p>
    </div>`;
  }
}

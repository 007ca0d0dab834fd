/** A question before something is done that cannot be undone, in its place. */

import { html, nothing, type TemplateResult } from "lit";

export interface Question {
  /** What it is about, and what would follow. */
  readonly text: string | TemplateResult;
  readonly yes: string;
  readonly no: string;
  /** Whether it is being done. */
  readonly isBusy: boolean;
  /** Whether it can be done: the gateway may be away by now. */
  readonly canBeDone: boolean;
  /** Why it was not done. */
  readonly failure?: string;
  readonly answer: (isYes: boolean) => void;
}

/** Where the focus goes when it is asked: what is pressed without reading does no harm. */
export const NO = ".question .no";

export function question({ text, yes, no, isBusy, canBeDone, failure, answer }: Question): TemplateResult {
  const escape = ({ key }: KeyboardEvent) => {
    if (key === "Escape" && !isBusy) answer(false);
  };
  return html`<div class="question warning" role="group" aria-labelledby="question" @keydown=${escape}>
    <div id="question">${text}</div>
    <div class="actions">
      <button type="button" class="danger" ?disabled=${isBusy || !canBeDone} @click=${() => answer(true)}>
        ${yes}
      </button>
      <button type="button" class="no" ?disabled=${isBusy} @click=${() => answer(false)}>${no}</button>
    </div>
    ${failure ? html`<p class="status" role="alert">${failure}</p>` : nothing}
  </div>`;
}

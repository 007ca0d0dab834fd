/** What a view says instead of its contents: that they are coming, that there are none, or why they cannot be had. */

import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icons.ts";

export interface Notice {
  readonly icon?: string;
  readonly title: string;
  readonly text?: string;
  /** What a person can do about it. */
  readonly action?: { readonly label: string; readonly do: () => void };
}

/** Return a notice, told to screen readers as it appears. */
export function notice({ icon: path, title, text, action }: Notice): TemplateResult {
  return html`<div class="notice" role="status">
    ${path ? icon(path) : nothing}
    <p class="title">${title}</p>
    ${text ? html`<p class="faint">${text}</p>` : nothing}
    ${action ? html`<button type="button" @click=${action.do}>${action.label}</button>` : nothing}
  </div>`;
}

/** Return what stands where something is being fetched: shown only where that takes a while. */
export function loading(label: string): TemplateResult {
  return html`<div class="notice loading" role="status">
    <span class="spinner"></span>
    <p class="title">${label}</p>
  </div>`;
}

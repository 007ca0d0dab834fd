/** Icons: Material Design Icons, as paths, so that a bundle holds those that are used. */

import { html, type TemplateResult } from "lit";

/** Return an icon of 24 by 24 units, in the colour of the text around it; screen readers pass it over. */
export function icon(path: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${path}></path></svg>`;
}

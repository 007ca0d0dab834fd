/** The way to the integration's own page in Home Assistant, where all is that has no form here. */

import { css, html, type TemplateResult } from "lit";

const INTEGRATION_PAGE = "/config/integrations/integration/local_voice";

export const linkStyles = css`
  a.more {
    display: inline-flex;
    align-items: center;
    min-height: 40px;
    font-weight: 500;
  }
`;

export function integrationLink(text: string): TemplateResult {
  return html`<a class="more" href=${INTEGRATION_PAGE}>${text}</a>`;
}

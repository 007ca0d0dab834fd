/** Where a view is one column of cards. */

import { css } from "lit";

export const column = css`
  :host {
    max-width: 792px;
    margin: 0 auto;
    padding: 16px;
  }
  @media (max-width: 600px) {
    :host {
      padding: 8px;
    }
  }
`;

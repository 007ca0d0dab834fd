/** How a correction looks. */

import { css } from "lit";

export const correctStyles = css`
  h3 {
    margin: 0 0 8px;
  }
  h3:focus {
    outline: none;
  }
  fieldset {
    margin: 0 0 12px;
    padding: 0;
    border: 0;
  }
  fieldset label.switch {
    font-weight: 400;
  }
  form > label > input {
    margin-top: 4px;
  }
  .faint {
    margin: 4px 0 12px;
  }
  .chooser {
    margin-top: 12px;
    padding-inline-start: 16px;
    border-inline-start: 4px solid var(--lv-line);
  }
  form,
  .tried {
    scroll-margin: 56px 0 16px; /* bars lie over what scrolls */
  }
  .tried {
    margin-top: 16px;
    padding-top: 16px;
    border-top: 1px solid var(--lv-line);
  }
  .tried .facts {
    margin: 0 0 8px;
  }
  .harmed li {
    padding: 6px 0;
  }
  .harmed .faint {
    margin: 0;
  }
`;

/** Forms of settings: a line for each, its explanation below, and what follows from a change. */

import { css } from "lit";

export const formStyles = css`
  .field {
    margin: 16px 0 0;
  }
  .field > label:not(.switch),
  legend {
    padding: 0;
    margin-bottom: 4px;
    font-weight: 500;
  }
  .field > .faint {
    margin: 4px 0 0;
  }
  .field select {
    max-width: 400px;
  }
  fieldset {
    min-width: 0;
    padding: 0;
    border: 0;
  }
  fieldset label.switch {
    font-weight: 400;
  }
  input[type="range"] {
    max-width: 400px;
  }
  .unsaved {
    align-self: center;
    margin: 0;
  }
  .weak {
    color: var(--lv-bad-text);
  }
  .warning p:last-of-type {
    margin: 0;
  }
`;

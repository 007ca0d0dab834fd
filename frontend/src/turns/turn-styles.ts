/** How one turn looks. */

import { css } from "lit";

export const turnStyles = css`
  .moment {
    display: flex;
    flex-wrap: wrap;
    margin: 0 0 4px;
  }
  .apart::before {
    content: "·";
    margin: 0 6px;
  }
  h2 {
    margin: 0 0 6px;
    font-size: 24px;
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  h2.said::before {
    content: open-quote;
  }
  h2.said::after {
    content: close-quote;
  }
  h2.unsaid {
    color: var(--lv-faint);
  }
  .outcome {
    display: flex;
    align-items: center;
    gap: 8px;
    margin: 0;
    font-weight: 500;
  }
  .outcome.good .icon {
    color: var(--lv-good);
  }
  .outcome.warning .icon {
    color: var(--lv-warning);
  }
  .outcome.bad .icon {
    color: var(--lv-bad);
  }
  .facts:not(:has(dt)) {
    display: none;
  }
  .changes li {
    padding: 0;
    border: 0;
  }
  .why {
    margin: 12px 0;
  }
  details {
    margin: 4px 0 0;
  }
  summary {
    width: fit-content;
    padding: 8px 0;
    min-height: 40px;
    cursor: pointer;
    font-weight: 500;
  }
  summary:focus-visible {
    outline: 3px solid var(--lv-accent);
    outline-offset: 2px;
    border-radius: 4px;
  }
  .readings {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .readings li {
    display: flex;
    justify-content: space-between;
    gap: 16px;
    padding: 6px 0;
  }
  lv-clip {
    margin: 16px 0;
  }
  lv-correct,
  .warning {
    margin-top: 16px;
  }
  lv-correct {
    padding-top: 16px;
    border-top: 1px solid var(--lv-line);
  }
  /* Under the words of its box, not under the box. */
  #stays {
    margin: 0;
    margin-inline-start: 34px;
  }
  lv-wake-mark {
    display: contents;
  }
  /* It stands on a card already, or alone from edge to edge (turns-styles.ts): only lines between the parts. */
  .stack {
    gap: 0;
  }
  section {
    border-width: 0 0 1px;
    border-radius: 0;
  }
  section:last-child {
    border: 0;
  }
  section > h3:first-child {
    margin-top: 0;
  }
`;

/** How the view of how well it does looks. */

import { css } from "lit";

export const qualityStyles = css`
  :host {
    max-width: 824px;
    margin: 0 auto;
    padding: 16px;
  }
  .heading h2 {
    margin: 0;
  }
  .periods {
    display: flex;
  }
  .periods button {
    padding: 8px 14px;
    border-radius: 0;
    border-inline-start-width: 0;
  }
  .periods button:first-child {
    border-inline-start-width: 1px;
    border-start-start-radius: 20px;
    border-end-start-radius: 20px;
  }
  .periods button:last-child {
    border-start-end-radius: 20px;
    border-end-end-radius: 20px;
  }
  .periods button[aria-pressed="true"] {
    color: var(--lv-card);
    background: var(--primary-text-color, #212121);
    border-color: var(--primary-text-color, #212121);
  }
  .periods button:focus-visible {
    z-index: 1;
  }
  [data-is-old] {
    opacity: 0.6;
  }
  .figures,
  .plots {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: inherit;
  }
  .figures section {
    padding: 14px 16px;
  }
  .figure {
    margin: 0;
    font-size: 26px;
    line-height: 1.3;
  }
  .figures p:last-child {
    margin: 0;
    line-height: 1.35;
  }
  .plots {
    align-items: stretch;
  }
  .plots section:first-child:nth-last-child(odd) {
    grid-column: 1 / -1; /* the others are pairs */
  }
  .plots section {
    display: flex;
    flex-direction: column;
    padding-bottom: 8px;
  }
  .plots lv-plot {
    margin-top: auto;
  }
  h3 {
    margin-top: 0;
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 8px 16px 8px 0;
    font-weight: 400;
    text-align: start;
    vertical-align: bottom;
    border-top: 1px solid var(--lv-line);
  }
  th bdi {
    overflow-wrap: break-word; /* a long word is given its room first */
  }
  thead th {
    font-size: 14px;
    color: var(--lv-faint);
    border-top: 0;
  }
  :is(th, td):not(:first-child) {
    padding-inline-end: 0;
    text-align: end;
  }
  @media (min-width: 760px) {
    .figures {
      grid-template-columns: repeat(4, minmax(0, 1fr));
    }
  }
  @media (max-width: 700px) {
    :host {
      padding: 8px;
    }
    .plots {
      grid-template-columns: minmax(0, 1fr);
    }
    .periods {
      width: 100%;
    }
    .periods button {
      flex: 1;
      padding: 8px 4px;
    }
  }
`;

/** How requests look. The two buttons of a decision are alike in every respect. */

import { css } from "lit";

export const requestStyles = css`
  .titled {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 16px;
  }
  .titled lv-left {
    flex: none;
    color: var(--lv-faint);
  }
  table {
    width: 100%;
    table-layout: fixed;
    border-collapse: collapse;
  }
  td {
    padding: 6px 12px 6px 0;
    vertical-align: top;
    overflow-wrap: anywhere;
    border-top: 1px solid var(--lv-line);
  }
  tr:first-child td {
    border-top: 0;
  }
  pre {
    margin: 4px 0 8px;
    padding: 12px 14px;
    overflow-x: auto;
    direction: ltr;
    font-family: var(--ha-font-family-code, ui-monospace, "Roboto Mono", Menlo, Consolas, monospace);
    font-size: 13px;
    line-height: 1.55;
    text-align: left;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 4;
    background: var(--lv-inner);
    border: 1px solid var(--lv-line);
    border-radius: 8px;
  }
  .key,
  .sound {
    padding: 0 3px;
    font-weight: 600;
    border: 1px solid var(--lv-faint);
    border-radius: 3px;
  }
  .key {
    border-color: var(--lv-accent);
  }
  .sound {
    font-style: italic;
  }
  audio {
    display: block;
    width: 100%;
    margin: 8px 0;
  }
  .facts .faint {
    display: block;
  }
  .pin {
    margin-top: 16px;
  }
  .pin input {
    max-width: 280px;
    margin-top: 4px;
  }
  .decision {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 16px;
    margin-top: 12px;
  }
  .decision button {
    width: 100%;
    min-height: 56px;
    font-size: 17px;
    border-width: 2px;
    border-radius: 28px;
  }
`;

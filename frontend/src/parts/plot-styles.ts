/** How plots look. */

import { css } from "lit";

export const plotStyles = css`
  :host {
    min-width: 0;
    font-size: 13px;
  }
  .plot {
    position: relative;
    border-radius: 8px;
  }
  .plot:has(input:focus-visible) {
    outline: 3px solid var(--lv-accent);
    outline-offset: 2px;
  }
  svg.drawn {
    display: block;
    width: 100%;
    touch-action: pan-y;
    font-size: 12px;
    overflow: visible;
  }
  svg.drawn text {
    fill: var(--lv-faint);
    font-variant-numeric: tabular-nums;
  }
  .grid {
    stroke: var(--lv-line);
    stroke-width: 1;
    shape-rendering: crispEdges;
  }
  .at {
    fill: currentColor;
    opacity: 0.07;
  }
  .first {
    --tone: var(--lv-accent);
  }
  .second {
    --tone: var(--lv-faint);
  }
  .third {
    --tone: color-mix(in srgb, var(--lv-faint) 45%, var(--lv-card));
  }
  .bar,
  .point {
    fill: var(--tone);
  }
  .line {
    fill: none;
    stroke: var(--tone);
    stroke-width: 2;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
  .point {
    stroke: var(--lv-card);
    stroke-width: 1.5;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 16px;
    margin: 0 0 8px;
    color: var(--lv-faint);
  }
  .swatch {
    display: inline-block;
    width: 10px;
    height: 10px;
    margin-inline-end: 6px;
    background: var(--tone);
    border-radius: 3px;
  }
  .tip {
    position: absolute;
    top: 0;
    width: max-content;
    max-width: 100%;
    padding: 6px 10px;
    line-height: 1.4;
    pointer-events: none;
    background: var(--lv-card);
    border: 1px solid var(--lv-line);
    border-radius: 8px;
    box-shadow: 0 2px 8px rgb(0 0 0 / 20%);
  }
  .tip > div {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: 12px;
  }
  .cursor {
    position: absolute;
    inset: auto 0 0;
    width: 100%;
    height: 1px;
    margin: 0;
    opacity: 0;
    pointer-events: none;
  }
  summary {
    display: inline-flex;
    align-items: center;
    min-height: 40px;
    color: var(--lv-faint);
    cursor: pointer;
    border-radius: 8px;
  }
  summary::before {
    content: "";
    width: 7px;
    height: 7px;
    margin-inline: 3px 10px;
    border: solid currentColor;
    border-width: 0 2px 2px 0;
    rotate: -45deg;
  }
  details[open] summary::before {
    rotate: 45deg;
  }
  .rows:focus-visible,
  summary:focus-visible {
    outline: 3px solid var(--lv-accent);
    outline-offset: 2px;
  }
  .rows {
    max-height: 320px;
    overflow: auto;
  }
  table {
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 4px 24px 4px 0;
    text-align: start;
    font-weight: 400;
    vertical-align: top;
    border-top: 1px solid var(--lv-line);
  }
  thead th {
    position: sticky;
    top: 0;
    color: var(--lv-faint);
    background: var(--lv-card);
    border-top: 0;
  }
`;

/** How all views look: Home Assistant's colours, whichever theme is on. */

import { css } from "lit";

export const styles = css`
  :host {
    --lv-line: var(--divider-color, rgba(127, 127, 127, 0.35));
    --lv-faint: var(--secondary-text-color, #5e5e5e);
    /* Of what one can press or fill in: three times as dark as what is around it, and no darker. */
    --lv-edge: color-mix(in srgb, var(--lv-faint) 72%, transparent);
    --lv-inner: var(--secondary-background-color, #f0f0f0);
    --lv-card: var(--card-background-color, #fff);
    --lv-accent: var(--primary-color, #009ac7);
    --lv-good: var(--success-color, #43a047);
    --lv-warning: var(--warning-color, #ffa600);
    --lv-bad: var(--error-color, #db4437);
    /* As text: many themes' own are too faint to be read on a card. */
    --lv-accent-text: color-mix(in srgb, var(--lv-accent) 65%, var(--primary-text-color, #212121));
    --lv-bad-text: color-mix(in srgb, var(--lv-bad) 65%, var(--primary-text-color, #212121));
    --lv-radius: var(--ha-card-border-radius, 12px);
    display: block;
    color: var(--primary-text-color, #212121);
  }
  * {
    box-sizing: border-box;
  }
  .stack {
    display: grid;
    gap: 16px;
  }
  .stack > * {
    min-width: 0;
  }
  section {
    padding: 16px 20px 20px;
    background: var(--lv-card);
    border: 1px solid var(--ha-card-border-color, var(--lv-line));
    border-radius: var(--lv-radius);
  }
  h2 {
    margin: 0 0 8px;
    font-size: 20px;
    font-weight: 500;
    line-height: 1.25;
  }
  h2:focus {
    outline: none;
  }
  h3 {
    margin: 24px 0 4px;
    font-size: 16px;
    font-weight: 500;
  }
  p {
    margin: 0 0 8px;
  }
  strong {
    font-weight: 500;
  }
  .faint {
    color: var(--lv-faint);
    font-size: 14px;
  }
  .warning {
    margin: 12px 0;
    padding: 10px 14px;
    border-radius: 8px;
    border-inline-start: 4px solid var(--lv-warning);
    background: var(--lv-inner);
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    padding: 12px 0;
    border-top: 1px solid var(--lv-line);
  }
  li:first-child {
    border-top: 0;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 16px;
  }
  .row > :first-child {
    flex: 1 1 200px;
    min-width: 0;
  }
  .facts {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 6px 20px;
    margin: 12px 0 0;
  }
  .facts dt {
    color: var(--lv-faint);
  }
  .facts dd {
    margin: 0;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  bdi {
    overflow-wrap: anywhere;
  }
  .mark {
    padding: 0 3px;
    font-family: var(--ha-font-family-code, ui-monospace, monospace);
    font-size: 0.85em;
    font-weight: 600;
    border: 1px solid var(--lv-bad);
    border-radius: 3px;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .icon {
    width: 24px;
    height: 24px;
    flex: none;
    fill: currentColor;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: 40px;
    padding: 8px 16px;
    font: inherit;
    font-size: 15px;
    font-weight: 500;
    color: inherit;
    background: transparent;
    border: 1px solid var(--lv-edge);
    border-radius: 20px;
    cursor: pointer;
  }
  button:hover:enabled {
    background: var(--lv-inner);
  }
  button:disabled {
    opacity: 0.45;
    cursor: default;
  }
  button.primary {
    color: var(--text-primary-color, #fff);
    background: color-mix(in srgb, var(--lv-accent) 78%, #000);
    border-color: transparent;
  }
  button.primary:hover:enabled {
    background: color-mix(in srgb, var(--lv-accent) 78%, #000);
    filter: brightness(0.94);
  }
  button.danger {
    color: var(--lv-bad-text);
    border-color: currentColor;
  }
  button.plain {
    min-width: 40px;
    padding: 8px;
    border-color: transparent;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 16px;
  }
  a {
    color: var(--lv-accent-text);
  }
  label {
    display: block;
  }
  input:not([type="checkbox"], [type="radio"], [type="range"]),
  select {
    width: 100%;
    min-height: 40px;
    padding: 8px 12px;
    font: inherit;
    color: inherit;
    background: var(--lv-card);
    border: 1px solid var(--lv-edge);
    border-radius: 8px;
  }
  input[type="range"] {
    width: 100%;
    accent-color: var(--lv-accent);
  }
  label.switch {
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: 40px;
    font-weight: 500;
    cursor: pointer;
  }
  input[type="checkbox"],
  input[type="radio"] {
    width: 22px;
    height: 22px;
    margin: 0;
    flex: none;
    accent-color: var(--lv-accent);
  }
  :is(button, input, select, audio, a, [tabindex="0"]):focus-visible {
    outline: 3px solid var(--lv-accent);
    outline-offset: 2px;
  }
  .status {
    margin: 12px 0 0;
  }
  .status:empty {
    display: none;
  }
  .notice {
    display: grid;
    justify-items: center;
    gap: 8px;
    padding: 48px 24px;
    text-align: center;
  }
  .notice p {
    max-width: 44ch;
    margin: 0;
  }
  .notice .title {
    font-size: 18px;
  }
  .notice .icon {
    width: 48px;
    height: 48px;
    color: var(--lv-faint);
  }
  .spinner {
    width: 32px;
    height: 32px;
    border: 3px solid var(--lv-line);
    border-top-color: var(--lv-accent);
    border-radius: 50%;
    animation: turn 1s linear infinite;
  }
  .loading {
    animation: appear 0.4s step-end;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation: none;
    }
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  [hidden] {
    display: none !important;
  }
  @media (max-width: 600px) {
    .stack {
      gap: 8px;
    }
    section {
      padding: 14px 14px 18px;
    }
    .facts {
      grid-template-columns: minmax(0, max-content) minmax(50%, 1fr);
      column-gap: 12px;
    }
  }
`;

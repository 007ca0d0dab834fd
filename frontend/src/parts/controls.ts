/** Switches and sliders, in the theme's colours: a browser's own slider is black where the accent is light. */

import { css } from "lit";

export const controls = css`
  input[role="switch"] {
    position: relative;
    width: 44px;
    height: 26px;
    border: 2px solid var(--lv-faint);
    border-radius: 13px;
    background: var(--lv-inner);
    appearance: none;
    cursor: inherit;
  }
  input[role="switch"]::before {
    content: "";
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: 3px;
    width: 16px;
    height: 16px;
    border-radius: 8px;
    background: var(--lv-faint);
    transition: translate 0.15s;
  }
  input[role="switch"]:checked {
    border-color: var(--lv-accent);
    background: var(--lv-accent);
  }
  input[role="switch"]:checked::before {
    background: var(--lv-card);
    translate: 18px 0;
  }
  input[role="switch"]:dir(rtl):checked::before {
    translate: -18px 0;
  }
  input:disabled {
    opacity: 0.45;
  }
  label.switch:has(input:disabled) {
    cursor: default;
  }
  input[type="range"] {
    height: 40px;
    margin: 0;
    appearance: none;
    background: transparent;
    cursor: pointer;
  }
  input[type="range"]::-webkit-slider-runnable-track {
    height: 6px;
    border-radius: 3px;
    background: linear-gradient(to right, var(--lv-accent) var(--share, 0%), var(--lv-line) 0);
  }
  input[type="range"]::-webkit-slider-thumb {
    width: 22px;
    height: 22px;
    margin-top: -8px;
    border-radius: 11px;
    background: var(--lv-accent);
    appearance: none;
  }
  input[type="range"]::-moz-range-track {
    height: 6px;
    border-radius: 3px;
    background: var(--lv-line);
  }
  input[type="range"]::-moz-range-progress {
    height: 6px;
    border-radius: 3px;
    background: var(--lv-accent);
  }
  input[type="range"]::-moz-range-thumb {
    width: 22px;
    height: 22px;
    border: 0;
    border-radius: 11px;
    background: var(--lv-accent);
  }
  @media (prefers-reduced-motion: reduce) {
    input[role="switch"]::before {
      transition: none;
    }
  }
`;

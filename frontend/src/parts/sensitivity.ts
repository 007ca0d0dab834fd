/** How eagerly something wakes: in words, and as a slider to choose it with. */

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { Context } from "../context.ts";

/** As far apart as the settings that are compared. */
const STEP = 5;
const PERCENT = 100;

export interface Slider {
  readonly label: string;
  readonly value: number;
  /** As it is set: where that is between two steps, each number can be chosen. */
  readonly set: number;
  readonly isDisabled: boolean;
  /** The id of what is said about it besides. */
  readonly describedBy?: string;
  readonly move: (value: number) => void;
}

/** The slider's place, for the focus. */
export const SLIDER = "#sensitivity";

export function sensitivityText(context: Context, sensitivity: number): string {
  return context.format.percent(sensitivity / PERCENT);
}

/** Return the slider below its label, which says the value; an element has one at most. */
export function sensitivitySlider(context: Context, slider: Slider): TemplateResult {
  const { label, value, set, isDisabled, describedBy, move } = slider;
  const text = sensitivityText(context, value);
  return html`<label for="sensitivity">${label}: <strong>${text}</strong></label>
    <input
      id="sensitivity"
      type="range"
      min="0"
      max=${PERCENT}
      step=${set % STEP ? 1 : STEP}
      .value=${live(String(value))}
      style="--share: ${value}%"
      aria-valuetext=${text}
      aria-describedby=${describedBy ?? nothing}
      ?disabled=${isDisabled}
      @input=${(event: Event) => move((event.target as HTMLInputElement).valueAsNumber)}
    />`;
}

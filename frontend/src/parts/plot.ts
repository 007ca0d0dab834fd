/**
 * Plots: bars and lines over days, weeks or whatever else follows upon another.
 *
 * To a screen reader one is a picture with a sentence of what is seen, a cursor that says the values, and a table.
 */

import { LitElement, html, nothing, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Context } from "../context.ts";
import { labelled, runsOf, scaleOf, type Scale } from "./plot-scale.ts";
import { plotStyles } from "./plot-styles.ts";
import { styles } from "./styles.ts";

/** What is plotted. */
export interface Plot {
  /** What a screen reader calls it. */
  readonly name: string;
  /** What is seen at a glance, in a sentence. */
  readonly summary: string;
  /** What the labels are, such as "Day"; the table's first heading. */
  readonly over: string;
  /** From left to right: one for each value. */
  readonly labels: readonly string[];
  /** At most three. Bars stand on one another. */
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** How the upright axis says it, where that is shorter. */
  readonly axis?: (value: number) => string;
  /** The end of the upright axis, where it is not up to the values: 1 for shares. */
  readonly top?: number;
  /** Whether there are no values between whole numbers. */
  readonly isWhole?: boolean;
}

export interface Series {
  readonly name: string;
  /** Null where there is no value. */
  readonly values: readonly (number | null)[];
}

/** Return bars: how many, how much. */
export function barChart(context: Context, plot: Plot): TemplateResult {
  return html`<lv-plot kind="bars" .context=${context} .plot=${plot}></lv-plot>`;
}

/** Return lines: how something went. */
export function lineChart(context: Context, plot: Plot): TemplateResult {
  return html`<lv-plot kind="lines" .context=${context} .plot=${plot}></lv-plot>`;
}

const HEIGHT = 180;
const TOP = 10;
const BOTTOM = 24;
const CHARACTER = 6.8;
/** Between the axis' numbers and the plot; between two labels. */
const GAP = 8;
const WIDEST_BAR = 40;
/** What is not nothing is seen. */
const LOWEST_BAR = 2;
/** Beyond this many, a line without dots is easier to read. */
const MOST_DOTS = 14;
const TONES = ["first", "second", "third"];

interface Frame {
  readonly scale: Scale;
  readonly left: number;
  readonly width: number;
  /** From the middle of one to the middle of the next. */
  readonly band: number;
  x(index: number): number;
  y(value: number): number;
}

@customElement("lv-plot")
export class PlotElement extends LitElement {
  static override styles = [styles, plotStyles];

  @property({ attribute: false }) context!: Context;
  @property({ attribute: false }) plot!: Plot;
  @property() kind: "bars" | "lines" = "bars";
  @state() private width = 0;
  /** Which values are told: under the pointer, or by the keyboard's cursor. */
  @state() private at: number | null = null;
  readonly #resized = new ResizeObserver(([entry]) => (this.width = Math.floor(entry?.contentRect.width ?? 0)));

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override render(): TemplateResult {
    const { plot, width } = this;
    const frame = width ? this.#frame() : null;
    return html`
      ${plot.series.length > 1 ? this.#legend() : nothing}
      <div class="plot" style="min-height: ${HEIGHT}px">
        ${frame ? this.#drawn(frame) : nothing} ${frame ? this.#tip(frame) : nothing} ${this.#cursor()}
      </div>
      ${this.#table()}
    `;
  }

  #frame(): Frame {
    const { plot, width } = this;
    const count = Math.max(plot.labels.length, 1);
    const scale = plot.top === undefined ? scaleOf(this.#most(), plot.isWhole ?? false) : scaleOf(plot.top, false);
    const longest = Math.max(...scale.ticks.map((tick) => this.#axis(tick).length));
    const left = Math.ceil(longest * CHARACTER) + GAP;
    const band = (width - left) / count;
    return {
      scale,
      left,
      width,
      band,
      x: (index) => left + band * (index + 0.5),
      y: (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / scale.top),
    };
  }

  #most(): number {
    const { labels, series } = this.plot;
    const of = (index: number) => series.map(({ values }) => values[index] ?? 0);
    const sums = labels.map((_, index) =>
      this.kind === "bars" ? of(index).reduce((sum, value) => sum + value, 0) : Math.max(...of(index)),
    );
    return Math.max(0, ...sums);
  }

  #axis(value: number): string {
    return (this.plot.axis ?? this.plot.format)(value);
  }

  #drawn(frame: Frame): TemplateResult {
    const { plot, at } = this;
    const bottom = frame.y(0);
    const longest = Math.max(...plot.labels.map((label) => label.length), 1);
    const shown = labelled(plot.labels.length, frame.width - frame.left, longest * CHARACTER + 2 * GAP);
    return html`<svg
      class="drawn"
      role="img"
      aria-label="${plot.name}. ${plot.summary}"
      height=${HEIGHT}
      viewBox="0 0 ${frame.width} ${HEIGHT}"
      @pointermove=${(event: PointerEvent) => this.#point(event, frame)}
      @pointerdown=${(event: PointerEvent) => this.#point(event, frame)}
      @pointerleave=${() => (this.at = null)}
    >
      ${frame.scale.ticks.map(
        (tick) =>
          svg`<line class="grid" x1=${frame.left} x2=${frame.width} y1=${frame.y(tick)} y2=${frame.y(tick)} />
            <text x=${frame.left - GAP} y=${frame.y(tick) + 4} text-anchor="end">${this.#axis(tick)}</text>`,
      )}
      ${
        at === null
          ? nothing
          : svg`<rect class="at" x=${frame.x(at) - frame.band / 2} width=${frame.band} y=${TOP} height=${bottom - TOP} />`
      }
      ${this.kind === "bars" ? this.#bars(frame) : plot.series.map((_, number) => this.#line(frame, number))}
      ${plot.labels.map((label, index) =>
        shown.has(index) ? this.#label(frame, index, label, longest * CHARACTER) : nothing,
      )}
    </svg>`;
  }

  /** Return a label below, wholly within the picture. */
  #label(frame: Frame, index: number, label: string, width: number): TemplateResult {
    const x = Math.min(Math.max(frame.x(index), frame.left + width / 2), frame.width - width / 2);
    return svg`<text x=${x} y=${HEIGHT - 6} text-anchor="middle">${label}</text>`;
  }

  #bars(frame: Frame): TemplateResult[] {
    const { labels, series } = this.plot;
    const width = Math.max(1, Math.min(frame.band * 0.72, frame.band - 1, WIDEST_BAR));
    const [bottom, whole] = [frame.y(0), frame.y(0) - TOP];
    return labels.flatMap((_, index) => {
      let y = bottom;
      return series.flatMap(({ values }, number) => {
        const value = values[index] ?? 0;
        if (value <= 0) return [];
        const height = Math.max((whole * value) / frame.scale.top, LOWEST_BAR);
        y -= height;
        const round = width > 2 * LOWEST_BAR ? LOWEST_BAR : 0;
        return [
          svg`<rect class="bar ${TONES[number] ?? ""}" x=${frame.x(index) - width / 2} width=${width} y=${y}
            height=${height} rx=${round} />`,
        ];
      });
    });
  }

  #line(frame: Frame, number: number): TemplateResult {
    const values = this.plot.series[number]?.values ?? [];
    const tone = TONES[number] ?? "";
    return svg`${runsOf(values).map((run) => {
      const path = run.map(([index, value]) => `${frame.x(index)},${frame.y(value)}`).join(" ");
      const dots = values.length <= MOST_DOTS || run.length === 1 ? run : run.filter(([index]) => index === this.at);
      return svg`<polyline class="line ${tone}" points=${path} />${dots.map(
        ([index, value]) => svg`<circle class="point ${tone}" cx=${frame.x(index)} cy=${frame.y(value)} r="4" />`,
      )}`;
    })}`;
  }

  #legend(): TemplateResult {
    return html`<div class="legend" aria-hidden="true">
      ${this.plot.series.map(({ name }, number) => html`<span>${this.#swatch(number)}${name}</span>`)}
    </div>`;
  }

  #swatch(number: number): TemplateResult {
    return html`<span class="swatch ${TONES[number] ?? ""}"></span>`;
  }

  #tip(frame: Frame): TemplateResult | typeof nothing {
    const { at, plot } = this;
    if (at === null) return nothing;
    const percent = (100 * frame.x(at)) / frame.width;
    return html`<div class="tip" aria-hidden="true" style="left: ${percent}%; translate: -${percent}%">
      <strong>${plot.labels[at]}</strong>
      ${plot.series.map(
        ({ name, values }, number) =>
          html`<div>
            <span>${plot.series.length > 1 ? this.#swatch(number) : nothing}${name}</span>
            <span class="number">${this.#said(values[at])}</span>
          </div>`,
      )}
    </div>`;
  }

  /** What the keyboard moves, and a screen reader says; it is not seen, the values beside it are. */
  #cursor(): TemplateResult {
    const { plot } = this;
    const at = Math.min(this.at ?? plot.labels.length - 1, plot.labels.length - 1);
    const move = (event: Event) => (this.at = (event.target as HTMLInputElement).valueAsNumber);
    return html`<input
      class="cursor"
      type="range"
      min="0"
      max=${Math.max(plot.labels.length - 1, 0)}
      .value=${String(at)}
      aria-label=${this.context.t("plot.values", { name: plot.name })}
      aria-valuetext="${plot.labels[at] ?? ""}: ${plot.series
        .map(({ name, values }) => `${name} ${this.#said(values[at])}`)
        .join(", ")}"
      @input=${move}
      @focus=${move}
      @blur=${() => (this.at = null)}
    />`;
  }

  #table(): TemplateResult {
    const { context, plot } = this;
    return html`<details>
      <summary>${context.t("plot.table")}</summary>
      <div class="rows" role="region" tabindex="0" aria-label=${plot.name}>
        <table>
          <thead>
            <tr>
              <th scope="col">${plot.over}</th>
              ${plot.series.map(({ name }) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${plot.labels.map(
              (label, index) =>
                html`<tr>
                  <th scope="row">${label}</th>
                  ${plot.series.map(({ values }) => html`<td>${this.#said(values[index])}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #said(value: number | null | undefined): string {
    return value === null || value === undefined ? this.context.t("plot.nothing") : this.plot.format(value);
  }

  #point({ offsetX }: PointerEvent, frame: Frame): void {
    const index = Math.floor((offsetX - frame.left) / frame.band);
    this.at = index >= 0 && index < this.plot.labels.length ? index : null;
  }
}

/** One of the things of this home, found by its name or room. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Thing } from "../words.ts";

/** More are found by further letters. */
const MOST_SHOWN = 30;
/** Nothing is called longer. */
const LONGEST_SEARCH_CHARS = 100;

/** Tells `thing` with the one that was chosen, or null. */
@customElement("lv-thing-picker")
export class ThingPicker extends View {
  @property({ attribute: false }) things: readonly Thing[] = [];
  @property({ attribute: false }) chosen: Thing | null = null;
  @state() private searched = "";

  protected override render(): TemplateResult {
    return this.chosen ? this.#chosen(this.chosen) : this.#search();
  }

  #chosen(thing: Thing): TemplateResult {
    const { context } = this;
    return html`<div class="chosen">
      <span><strong>${shown(thing.name)}</strong> ${this.#room(thing)}</span>
      <button type="button" class="change" @click=${() => this.#choose(null)}>
        ${context.t("correct.other_thing")}
      </button>
    </div>`;
  }

  #search(): TemplateResult {
    const { context } = this;
    const found = this.#found();
    const more = found.length - MOST_SHOWN;
    return html`<label
        >${context.t("correct.thing")}
        <input
          type="search"
          autocomplete="off"
          maxlength=${LONGEST_SEARCH_CHARS}
          placeholder=${context.t("correct.find_thing")}
          .value=${this.searched}
          @input=${(event: Event) => (this.searched = (event.target as HTMLInputElement).value)}
        />
      </label>
      <ul aria-label=${context.t("correct.thing")}>
        ${found.slice(0, MOST_SHOWN).map(
          (thing) =>
            html`<li>
              <button type="button" class="plain" @click=${() => this.#choose(thing)}>
                ${shown(thing.name)} ${this.#room(thing)}
              </button>
            </li>`,
        )}
      </ul>
      <p class="faint" role="status">
        ${found.length ? nothing : context.t("correct.no_thing")}
        ${more > 0 ? context.t("correct.more_things", { count: more }) : nothing}
      </p>`;
  }

  #room({ area_id: id }: Thing): TemplateResult | typeof nothing {
    const room = this.context.areaName(id);
    return room ? html`<span class="faint">${shown(room)}</span>` : nothing;
  }

  #found(): readonly Thing[] {
    const words = this.searched.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return this.things;
    return this.things.filter(({ name, area_id: id }) => {
      const text = `${name} ${this.context.areaName(id)}`.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  #choose(thing: Thing | null): void {
    this.searched = "";
    this.dispatchEvent(new CustomEvent<Thing | null>("thing", { detail: thing }));
    const next = thing ? "button.change" : "input";
    setTimeout(() => void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(next)?.focus()));
  }

  static override styles = [
    styles,
    css`
      .chosen {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px 16px;
      }
      ul {
        max-height: 240px;
        margin-top: 8px;
        overflow: auto;
        border: 1px solid var(--lv-line);
        border-radius: 8px;
      }
      ul:not(:has(li)) {
        display: none;
      }
      li {
        padding: 0;
      }
      li button.plain {
        justify-content: space-between;
        width: 100%;
        padding: 8px 12px;
        font-weight: 400;
        text-align: start;
        border-radius: 0;
      }
      li button:focus-visible {
        outline-offset: -3px;
      }
      p {
        margin: 4px 0 0;
      }
    `,
  ];
}

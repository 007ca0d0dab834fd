/** How the program that hears is kept from connecting: in a sentence, then layer by layer. */

import {
  mdiAlertCircleOutline,
  mdiCheckCircleOutline,
  mdiCloseCircleOutline,
  mdiHelpCircleOutline,
  mdiMinusCircleOutline,
  mdiShieldAlertOutline,
  mdiShieldCheckOutline,
  mdiShieldOutline,
} from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon } from "../parts/icons.ts";
import { own } from "../parts/own.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { Trust } from "../words.ts";

/** As the gateway names them (`gateway/protection.py`), what matters most first. */
const LAYERS = ["seccomp", "no_capabilities", "no_new_privileges", "own_user", "empty_network", "landlock"];
const LEVELS = {
  enforced: { path: mdiShieldCheckOutline, tone: "good" },
  same_user: { path: mdiShieldAlertOutline, tone: "weak" },
  not_enforced: { path: mdiAlertCircleOutline, tone: "bad" },
  unknown: { path: mdiShieldOutline, tone: "" },
} as const;
type Level = keyof typeof LEVELS;

@customElement("lv-protection")
export class ProtectionElement extends View {
  static override styles = [
    styles,
    css`
      .level {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 16px;
      }
      .level > .icon {
        width: 48px;
        height: 48px;
        color: var(--lv-faint);
      }
      .good > .icon {
        color: var(--lv-good);
      }
      .weak > .icon {
        color: var(--lv-warning);
      }
      .bad > .icon {
        color: var(--lv-bad);
      }
      li {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 12px;
        padding: 10px 0;
      }
      li p {
        margin: 0;
      }
      li.there > .icon {
        color: var(--lv-good);
      }
      li:is(.missing, .unknown) {
        color: var(--lv-faint);
      }
      code {
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .open {
        margin: 4px 0 0;
        padding-inline-start: 20px;
        list-style: disc;
      }
      .open li {
        display: list-item;
        padding: 0;
        border: 0;
      }
    `,
  ];

  @property({ attribute: false }) trust!: Trust;

  protected override render(): TemplateResult {
    const { context, trust } = this;
    const level: Level = isLevel(trust.level) ? trust.level : "unknown";
    const { path, tone } = LEVELS[level];
    return html`<section>
      <div class="level ${tone}">
        ${icon(path)}
        <div>
          <h2>${context.t(`trust.${level}`)}</h2>
          <p>${context.t(`trust.${level}_text`)}</p>
          ${level === "unknown" ? nothing : this.#tried()}
        </div>
      </div>
      ${trust.connected || level === "unknown" ? nothing : html`<p class="warning">${context.t("trust.away")}</p>`}
      ${level === "unknown" ? nothing : this.#layers()}
    </section>`;
  }

  #tried(): TemplateResult {
    const { context } = this;
    const { attempts, ways_out: ways } = this.trust;
    if (!attempts) return html`<p>${context.t("trust.never_tried")}</p>`;
    const tried = context.t("trust.tried", { count: attempts });
    if (!ways.length) return html`<p>${tried} ${context.t("trust.none_open")}</p>`;
    return html`<div class="warning">
      <p>${tried} <strong>${context.t("trust.open", { count: ways.length })}</strong></p>
      <ul class="open" lang="en">
        ${ways.map((way) => html`<li>${shown(way)}</li>`)}
      </ul>
    </div>`;
  }

  #layers(): TemplateResult {
    const { layers, missing } = this.trust;
    const others = [...layers, ...Object.keys(missing)].filter((layer) => !LAYERS.includes(layer));
    return html`<h3>${this.context.t("trust.layers")}</h3>
      <ul>
        ${[...LAYERS, ...others].map((layer) => this.#layer(layer))}
      </ul>`;
  }

  #layer(layer: string): TemplateResult {
    const { context, trust } = this;
    const why = own(trust.missing, layer) ?? "";
    const state = trust.layers.includes(layer) ? "there" : Object.hasOwn(trust.missing, layer) ? "missing" : "unknown";
    const isNeeded = layer === LAYERS[0] && state === "missing";
    const paths = {
      there: mdiCheckCircleOutline,
      missing: isNeeded ? mdiCloseCircleOutline : mdiMinusCircleOutline,
      unknown: mdiHelpCircleOutline,
    };
    return html`<li class=${state}>
      ${icon(paths[state])}
      <div>
        <p>${shown(context.of("layers", layer))}</p>
        <p class="faint">
          <strong>${context.t(`trust.layer_${state}`)}</strong> · <code>${shown(layer)}</code>${
            why ? html` · <span lang="en">${shown(why)}</span>` : nothing
          }
        </p>
      </div>
    </li>`;
  }
}

function isLevel(level: string): level is Level {
  return Object.hasOwn(LEVELS, level);
}

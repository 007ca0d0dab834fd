/** Where the time went between the last word and the answer: a bar, and the same in words. */

import { css, html, nothing, type TemplateResult } from "lit";
import { styleMap } from "lit/directives/style-map.js";
import type { Context } from "../context.ts";
import { shown } from "../parts/shown.ts";

interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** That the answer began to sound, or was there to be read. */
const ANSWERS = ["first_sound", "reply"];
/** Stages of a turn have a colour each; the words beside it say the same. */
const COLOURS = 6;
/** Below it a stage would not be seen. */
const NARROWEST_SHARE = 0.01;

/** Return what each stage took, in the order in which they were done; `stagesMs` is when that was. */
function durations(stagesMs: Readonly<Record<string, number>>): Stage[] {
  const done = Object.entries(stagesMs)
    .map(([name, ms]) => ({ name, ms: Math.max(0, ms) }))
    .sort((one, other) => one.ms - other.ms);
  return done.map(({ name, ms }, index) => ({ name, ms: ms - (done[index - 1]?.ms ?? 0) }));
}

export function stages(context: Context, stagesMs: Readonly<Record<string, number>>): TemplateResult | typeof nothing {
  const found = durations(stagesMs);
  const total = found.reduce((sum, { ms }) => sum + ms, 0);
  if (!total) return nothing;
  const { format } = context;
  const isAnswered = ANSWERS.some((name) => Object.hasOwn(stagesMs, name));
  const title = context.t(isAnswered ? "turn.took" : "turn.took_silent", { time: format.milliseconds(total) });
  return html`<h3>${title}</h3>
    <div class="stages" aria-hidden="true">
      ${found.map(({ ms }, index) => {
        const share = Math.max(NARROWEST_SHARE, ms / total);
        return html`<span class="tone-${index % COLOURS}" style=${styleMap({ "flex-grow": String(share) })}></span>`;
      })}
    </div>
    <ul class="stage-names">
      ${found.map(
        ({ name, ms }, index) =>
          html`<li>
            <span class="dot tone-${index % COLOURS}" aria-hidden="true"></span>
            ${shown(context.of("stages", name))}
            <span class="number faint">${format.milliseconds(ms)}</span>
          </li>`,
      )}
    </ul>`;
}

export const stagesStyles = css`
  .stages {
    display: flex;
    gap: 2px;
    height: 14px;
    margin: 8px 0 10px;
    border-radius: 7px;
    overflow: hidden;
  }
  .stages span {
    flex-basis: 0;
    min-width: 2px;
  }
  .stage-names {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    font-size: 14px;
  }
  .stage-names li {
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 0;
    border: 0;
  }
  .dot {
    width: 10px;
    height: 10px;
    flex: none;
    border-radius: 50%;
  }
  .tone-0 {
    background: #7e8a97;
  }
  .tone-1 {
    background: #0097c4;
  }
  .tone-2 {
    background: #5c6bc0;
  }
  .tone-3 {
    background: #2e9d6a;
  }
  .tone-4 {
    background: #d98a00;
  }
  .tone-5 {
    background: #b0527d;
  }
`;

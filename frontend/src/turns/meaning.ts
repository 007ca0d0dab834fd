/** What a sentence means, in words: "Turn on: Kitchen light". */

import { html, type TemplateResult } from "lit";
import type { Context } from "../context.ts";
import { own } from "../parts/own.ts";
import { shown } from "../parts/shown.ts";
import type { Slots } from "../words.ts";

type Meant = Readonly<{ intent: string; slots: Slots; entity_id?: string }>;

/** Slots that only narrow what a name says. */
const UNTOLD = new Set(["domain", "device_class", "preferred_area_id", "preferred_floor_id"]);
/** Slots that say what is meant, before those that say how. */
const FIRST = ["name", "area", "floor", "item"];
/** Things that are not turned on and off, but opened, locked, run … */
const KINDS: Readonly<Record<string, string>> = {
  cover: "cover",
  valve: "cover",
  lock: "lock",
  scene: "scene",
  script: "script",
  button: "button",
  input_button: "button",
};

/** Return the name of an intent's text: `HassTurnOn` of a cover is `turn_on_cover`. */
function intentKey(intent: string, entityId: string, domain: unknown = ""): string {
  const key = intent
    .replace(/^Hass/, "")
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
    .toLowerCase();
  const kind = own(KINDS, entityId.split(".")[0] || String(domain));
  return kind && (key === "turn_on" || key === "turn_off") ? `${key}_${kind}` : key;
}

function intentName(context: Context, intent: string, entityId: string, domain: unknown = ""): string {
  const [key, plain] = [intentKey(intent, entityId, domain), intentKey(intent, "")];
  for (const name of [key, plain]) {
    const found = context.of("intents", name);
    if (found !== name) return found;
  }
  return intent;
}

/** Return what is meant; `intents.none` where it means nothing. */
export function meaning(context: Context, { intent, slots, entity_id: id = "" }: Meant): TemplateResult {
  if (!intent) return html`${context.t("intents.none")}`;
  const told = Object.entries(slots).filter(([name, value]) => !UNTOLD.has(name) && value !== null && value !== "");
  told.sort(([one], [other]) => place(one) - place(other));
  const domain = one(slots["domain"]);
  const name = intentName(context, intent, id, domain);
  if (!told.length && !id) return html`<strong>${shown(name)}</strong>`;
  const parts = told.length ? told.map(([slot, value]) => slotWords(context, slot, value)) : [shown(id)];
  return html`<strong>${shown(name)}</strong>: ${parts.map((part, index) => html`${index ? ", " : ""}${part}`)}`;
}

function slotWords(context: Context, slot: string, value: unknown): TemplateResult {
  const words = Array.isArray(value) ? value.map(String).join(", ") : String(value);
  const label = FIRST.includes(slot) ? "" : context.of("intents", `with_${slot}`);
  if (!label || label === `with_${slot}`) return shown(words);
  return html`${label} ${shown(words)}`;
}

function place(slot: string): number {
  const found = FIRST.indexOf(slot);
  return found < 0 ? FIRST.length : found;
}

function one(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** Return a state, with what is different about it, as Home Assistant says it where it has a word: `on, brightness 50 %`. */
export function stateWords(context: Context, entityId: string, state: unknown): string {
  if (typeof state !== "string") return state === null || state === undefined ? "" : JSON.stringify(state);
  const [first = "", ...more] = state.split(", ");
  const domain = entityId.split(".")[0] ?? "";
  if (!/^[a-z0-9_]+$/.test(first) || !/^[a-z0-9_]+$/.test(domain)) return state;
  const word = context.hass.localize(`component.${domain}.entity_component._.state.${first}`) || first;
  return [word, ...more].join(", ");
}

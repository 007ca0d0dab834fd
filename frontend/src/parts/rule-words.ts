/** What a rule of the household does, in words. */

import type { TemplateResult } from "lit";
import type { Context, Key } from "../context.ts";
import type { Rule } from "../words.ts";
import { filled } from "./filled.ts";
import { own } from "./own.ts";
import { shown } from "./shown.ts";

/** Who taught at the gateway's own command line. */
const OWNER = "owner";
const KINDS: Readonly<Record<string, Key>> = {
  sentence: "rules.sentence",
  words: "rules.words",
  alias: "rules.alias",
};

export function ruleWords(context: Context, { kind, said, meant, entity_id: id }: Rule): TemplateResult {
  const key = own(KINDS, kind) ?? "rules.words";
  return filled(context, key, { said: shown(said), meant: shown(kind === "alias" ? thingName(context, id) : meant) });
}

/** Return who taught it, where that is known. */
export function teacherName(context: Context, by: string): string {
  return by === OWNER ? context.t("rules.owner") : context.userName(by);
}

function thingName(context: Context, entityId: string): string {
  const name = own(context.hass.states, entityId)?.attributes["friendly_name"];
  return typeof name === "string" ? name : entityId;
}

/** Sentences for what may be done with a thing, in the gateway's language: they are heard, or put into a correction. */

import { own } from "../parts/own.ts";

type Sentences = Readonly<Record<string, string>>;

const PLACE = "{name}";
/** What is done with things of a kind: names of texts under `intents`. */
const SWITCHED = ["turn_on", "turn_off"] as const;
const DOES: Readonly<Record<string, readonly string[]>> = {
  light: SWITCHED,
  switch: SWITCHED,
  input_boolean: SWITCHED,
  fan: SWITCHED,
  media_player: [...SWITCHED, "media_pause", "media_unpause"],
  climate: [...SWITCHED, "climate_get_temperature"],
  cover: ["turn_on_cover", "turn_off_cover"],
  valve: ["turn_on_cover", "turn_off_cover"],
  lock: ["turn_on_lock", "turn_off_lock"],
  scene: ["turn_on_scene"],
  script: ["turn_on_script"],
  button: ["turn_on_button"],
  input_button: ["turn_on_button"],
  vacuum: ["vacuum_start", "vacuum_return_to_base"],
  lawn_mower: ["lawn_mower_start_mowing", "lawn_mower_dock"],
  sensor: ["get_state"],
};
/** By language; each of them is understood (`gateway/engines/understanding.py`). */
const SAID: Readonly<Record<string, Sentences>> = {
  en: {
    turn_on: "turn on {name}",
    turn_off: "turn off {name}",
    media_pause: "pause {name}",
    media_unpause: "resume {name}",
    climate_get_temperature: "what is the temperature of {name}",
    turn_on_cover: "open {name}",
    turn_off_cover: "close {name}",
    turn_on_lock: "lock {name}",
    turn_off_lock: "unlock {name}",
    turn_on_scene: "activate {name}",
    turn_on_script: "run {name}",
    turn_on_button: "press {name}",
    vacuum_start: "start {name}",
    vacuum_return_to_base: "return {name} to base",
    lawn_mower_start_mowing: "start {name}",
    lawn_mower_dock: "return {name} to base",
    get_state: "what is {name}",
  },
  de: {
    turn_on: "schalte {name} ein",
    turn_off: "schalte {name} aus",
    media_pause: "pausiere {name}",
    climate_get_temperature: "wie warm ist {name}",
    turn_on_cover: "öffne {name}",
    turn_off_cover: "schließe {name}",
    turn_on_lock: "verriegle {name}",
    turn_off_lock: "entsperre {name}",
    turn_on_scene: "aktiviere {name}",
    turn_on_script: "führe {name} aus",
    turn_on_button: "drücke {name}",
    vacuum_start: "starte {name}",
    vacuum_return_to_base: "schicke {name} zur Basis",
    lawn_mower_dock: "schicke {name} zurück zur Ladestation",
    get_state: "wie ist {name}",
  },
};

/** Return what may be done with a thing in words that the gateway understands: names of texts under `intents`. */
export function doings(language: string, entityId: string): readonly string[] {
  const known = own(SAID, primary(language));
  const found = own(DOES, entityId.split(".")[0] ?? "");
  return known && found ? found.filter((doing) => doing in known) : [];
}

/** Return the sentence for it; the thing's name alone where none is known. */
export function sentenceFor(language: string, doing: string, name: string): string {
  return (own(own(SAID, primary(language)) ?? {}, doing) ?? PLACE).replace(PLACE, () => name);
}

function primary(language: string): string {
  return (language.split(/[-_]/)[0] ?? "").toLowerCase();
}

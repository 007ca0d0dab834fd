/** What every view works with: texts, formats, names, and Home Assistant's commands. */

import type en from "../../custom_components/local_voice/translations/en.json";
import { Format } from "./format.ts";
import type { Failure, Hass, Values } from "./hass.ts";
import { own } from "./parts/own.ts";

type Sections = (typeof en)["config_panel"];
export type Section = keyof Sections;
type Counted<K> = K extends `${infer Base}_other` ? Base : never;
type KeyOf<K extends string> = K | Counted<K>;
/**
 * The name of a text: its section and its key, as in `translations/en.json` under `config_panel`. Without `_one` or
 * `_other` it is that of a text with a `count`. (Home Assistant's back end does not know ICU's plurals.)
 */
export type Key = { [S in Section]: `${S}.${KeyOf<keyof Sections[S] & string>}` }[Section];

const TEXTS = "component.local_voice.config_panel.";
export const INTEGRATION = "local_voice";

/** Another one is made where anything in it is different; views look at its identity. */
export class Context {
  readonly format: Format;

  constructor(
    private readonly getHass: () => Hass,
    /** Told when turns came or went: events `turns`, with `TurnNews`. */
    readonly news: EventTarget,
  ) {
    this.format = new Format(getHass());
  }

  /** Home Assistant's latest object; its states are others each second, so views do not render when it changes. */
  get hass(): Hass {
    return this.getHass();
  }

  get isAdmin(): boolean {
    return this.hass.user?.is_admin ?? false;
  }

  /** Return a text in the language of who looks; with a `count` in the form for that number, where it has forms. */
  t(key: Key, values: Values = {}): string {
    const { count } = values;
    if (typeof count === "number") {
      const counted = { ...values, count: this.format.number(count) };
      const form = new Intl.PluralRules(this.format.language).select(count);
      for (const name of [`${key}_${form}`, `${key}_other`, key]) {
        const text = this.hass.localize(TEXTS + name, counted);
        if (text) return text;
      }
    }
    return this.hass.localize(TEXTS + key, values) || key;
  }

  /** Return the text of a section for a code that came from elsewhere; the code itself where there is none. */
  of(section: Section, code: string): string {
    return (/^[a-z0-9_]+$/.test(code) && this.hass.localize(`${TEXTS}${section}.${code}`)) || code;
  }

  /** Return what to tell a person of what a command failed with. */
  failure(error: unknown): string {
    const { code, message } = (error ?? {}) as Failure;
    const known = typeof code === "string" ? this.of("errors", code) : "";
    if (known && known !== code) return known;
    return this.t("page.failed", {
      message: message ?? (error instanceof Error ? error.message : String(code ?? "")),
    });
  }

  /** Return what one of our commands answers, such as `ledger/turns`; otherwise throw a `Failure`. */
  call<T>(command: string, fields: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return this.hass.callWS<T>({ type: `${INTEGRATION}/${command}`, ...fields });
  }

  areaName(areaId: string | null): string {
    return (areaId && own(this.hass.areas, areaId)?.name) || areaId || "";
  }

  /** Return who this is, where Home Assistant knows a person with that account; otherwise nothing. */
  userName(userId: string): string {
    if (!userId) return "";
    if (userId === this.hass.user?.id) return this.hass.user.name;
    const person = Object.values(this.hass.states).find(
      ({ entity_id: id, attributes }) => id.startsWith("person.") && attributes["user_id"] === userId,
    );
    const name = person?.attributes["friendly_name"];
    return typeof name === "string" ? name : "";
  }
}

/** What `Context.news` tells. */
export interface TurnNews {
  readonly entry_id: string;
  readonly why: "turn" | "forgotten";
}

/** What Home Assistant gives to a panel, as far as this page uses it. */

export interface Hass {
  readonly connected: boolean;
  readonly connection: Connection;
  readonly language: string;
  readonly locale: Locale;
  readonly config: { readonly time_zone: string };
  readonly user: { readonly id: string; readonly name: string; readonly is_admin: boolean } | undefined;
  readonly themes: { readonly darkMode: boolean } | undefined;
  readonly areas: Readonly<Record<string, Area>>;
  readonly states: Readonly<Record<string, State>>;
  localize(key: string, values?: Values): string;
  loadBackendTranslation(category: string, integration: string): Promise<unknown>;
  callWS<T>(message: Message): Promise<T>;
  hassUrl(path: string): string;
}

export type Message = Readonly<Record<string, unknown>> & { readonly type: string };
export type Values = Readonly<Record<string, string | number>>;

export interface Connection {
  subscribeMessage<T>(hear: (told: T) => void, message: Message): Promise<() => Promise<void> | void>;
}

export interface Locale {
  readonly language: string;
  /** `language`, `system`, `12` or `24`. */
  readonly time_format: string;
  /** `local` or `server`. */
  readonly time_zone: string;
}

export interface Area {
  readonly area_id: string;
  readonly name: string;
}

export interface State {
  readonly entity_id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What a command fails with. */
export interface Failure {
  readonly code?: string | number;
  readonly message?: string;
}

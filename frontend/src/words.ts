/** What this page uses of the gateway's words (`custom_components/local_voice/wire`), as Home Assistant tells them. */

// The gateway: `local_voice/page/subscribe`

export interface Gateway {
  readonly entry_id: string;
  readonly name: string;
  readonly connected: boolean;
  readonly version: string;
  /** Whether who looks may change its settings. */
  readonly is_admin: boolean;
  /** Null before the gateway has said it. */
  readonly offered: Offered | null;
  /** For administrators only. */
  readonly options: Options | null;
  /** For administrators only. */
  readonly guarded: Guarded | null;
  readonly satellites: readonly Satellite[];
  readonly timers: readonly Timer[];
  readonly trust: Trust;
}

export interface Offered {
  readonly language: string;
  readonly stt_model: string;
  readonly stt_models: readonly string[];
  /** How well each of them hears the language: `good`, `fair`, `weak` or `unmeasured`. */
  readonly stt_fitness: Readonly<Record<string, string>>;
  readonly voice: string;
  readonly voices: readonly { readonly id: string; readonly language: string }[];
  readonly wake_words: readonly string[];
  readonly known_wake_words: readonly { readonly id: string; readonly phrase: string }[];
  /** Percent. */
  readonly wake_sensitivity: number;
}

export interface Options {
  readonly approvers: "administrators" | "everyone";
  readonly members_see_own_turns: boolean;
}

/** What the household decided about its things. */
export interface Guarded {
  /** Each as Home Assistant calls it: "Heater, Locks: Never". */
  readonly decisions: readonly string[];
  readonly has_pin: boolean;
}

export interface Satellite {
  readonly satellite_id: string;
  readonly name: string;
  readonly area_id: string | null;
  readonly connected: boolean;
  readonly muted: boolean;
  /** `idle`, `listening`, `processing` or `responding`. */
  readonly activity: string;
  /** ISO 8601, UTC; empty where it is not known. */
  readonly last_wake_at: string;
}

export interface Timer {
  readonly timer_id: number;
  readonly name: string;
  readonly satellite_id: string;
  readonly area_id: string;
  readonly duration_s: number;
  /** When this was told. */
  readonly left_s: number;
  readonly is_active: boolean;
  /** A delayed command: it rings nowhere. */
  readonly is_command: boolean;
  /** What was said; for administrators only. */
  readonly command: string;
}

export interface Trust {
  /** Whether the broker, which keeps the log, can be reached. */
  readonly connected: boolean;
  /** `enforced`, `same_user`, `not_enforced`; empty before it was told. */
  readonly level: string;
  readonly layers: readonly string[];
  readonly missing: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly ways_out: readonly string[];
  readonly head: Head | null;
  /** `good`, or what is wrong with the log; empty before anything was told of it. */
  readonly verdict: string;
}

export interface Head {
  readonly size: number;
  readonly hash: string;
  readonly at: string;
}

/** `local_voice/page/verify`. */
export interface Verified {
  /** Rows that were read and reckoned anew, from the first. */
  readonly rows: number;
  readonly head: Head;
  /** `good`, or what is wrong. */
  readonly verdict: string;
}

/** `local_voice/page/things`: what this home may be asked for by voice. */
export interface Thing {
  readonly entity_id: string;
  readonly name: string;
  readonly area_id: string | null;
}

// What is remembered: `local_voice/ledger/…`

export interface LedgerGateway {
  readonly entry_id: string;
  /** Whose turns there are to see: `all`, `own` or `nothing`. */
  readonly scope: Scope;
  readonly connected: boolean;
  readonly kept: Kept | null;
  /** Names by id. */
  readonly satellites: Readonly<Record<string, string>>;
}

export type Scope = "all" | "own" | "nothing";

export interface Kept {
  readonly is_there: boolean;
  /** Null: nothing of any turn is kept. */
  readonly transcripts_s: number | null;
  /** Null: no recordings are kept. */
  readonly audio_s: number | null;
  readonly false_wakes_s: number;
}

export interface Selection {
  readonly turn_ids?: readonly string[];
  readonly satellite_id?: string;
  readonly area_id?: string;
  readonly outcome?: string;
  /** `turn` or `false_wake`. */
  readonly kind?: string;
  readonly since?: string;
  readonly until?: string;
  readonly last_s?: number;
  readonly corrected?: boolean;
}

export type Slots = Readonly<Record<string, unknown>>;

export interface Turn {
  readonly turn_id: string;
  readonly at: string;
  readonly satellite_id: string;
  readonly area_id: string;
  readonly user_id: string;
  readonly kind: string;
  readonly outcome: string;
  readonly wake_word: string;
  readonly wake_score: number | null;
  readonly second_score: number | null;
  readonly hypotheses: readonly { readonly text: string; readonly score: number }[];
  readonly heard: string;
  readonly used: string;
  readonly why: string;
  readonly intent: string;
  readonly slots: Slots;
  readonly changes: readonly Change[];
  readonly reply: string;
  /** Milliseconds from the end of speech until a stage was done. */
  readonly stages_ms: Readonly<Record<string, number>>;
  readonly audio_ms: number;
  readonly keep_until: string;
  /** Empty where no sound is kept. */
  readonly clip_until: string;
  readonly correction: Correction | null;
  /** `false` where somebody said that nobody had said the wake word. */
  readonly wake_mark: string;
}

export interface Change {
  readonly entity_id: string;
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Meaning {
  readonly text: string;
  /** Empty where it means nothing. */
  readonly intent: string;
  readonly slots: Slots;
  readonly entity_id: string;
}

export interface Correction {
  readonly meant: string;
  readonly meaning: Meaning;
  readonly corrected_at: string;
  readonly rule_id: string;
  readonly by: string;
}

export interface Rule {
  readonly rule_id: string;
  /** `sentence`, `words` or `alias`. */
  readonly kind: string;
  readonly said: string;
  readonly meant: string;
  readonly entity_id: string;
  readonly made_at: string;
  readonly turn_id: string;
  readonly by: string;
}

/** `turns`: a page. It may be short, or empty, and not be the last. */
export interface TurnPage {
  readonly turns: readonly Turn[];
  /** Where the next page begins; null at the end. */
  readonly before: number | null;
}

/** `correct`. */
export interface Corrected {
  readonly rule: Rule | null;
  readonly before: Meaning | null;
  readonly after: Meaning | null;
  readonly from_sound: boolean;
  readonly replayed: number;
  readonly harmed: readonly {
    readonly heard: string;
    readonly before: Meaning;
    readonly after: Meaning;
  }[];
  readonly harmed_count: number;
}

/** `rules`. */
export interface RulePage {
  readonly rules: readonly Rule[];
  readonly before: number | null;
}

/** `stats`. */
export interface Stats {
  readonly total: Counts;
  readonly days: readonly Day[];
  readonly stages: Readonly<
    Record<string, { readonly turns: number; readonly median_ms: number; readonly p95_ms: number }>
  >;
  readonly corrected: number;
  readonly corrected_right: number;
}

export interface Counts {
  readonly turns: number;
  readonly understood: number;
  readonly not_understood: number;
  readonly cloud: number;
  readonly failed: number;
  readonly false_wakes: number;
  readonly corrected: number;
}

export interface Day {
  /** `2026-11-22`. */
  readonly day: string;
  readonly counts: Counts;
  readonly reply_ms: number | null;
  readonly corrected_right: number;
}

/** `tuning` and `mark_wake`. */
export interface Tuning {
  readonly satellite_id: string;
  readonly sensitivity: number;
  readonly is_own: boolean;
  readonly false_wakes: number;
  readonly real_wakes: number;
  readonly options: readonly { readonly sensitivity: number; readonly false_wakes: number; readonly missed: number }[];
  readonly suggested: number | null;
  readonly is_changed: boolean;
}

/** `forget`. */
export interface Forgotten {
  readonly turns: number;
}

// Requests to the cloud: `local_voice/consent/…`

export interface ConsentGateway {
  readonly entry_id: string;
  readonly name: string;
  readonly connected: boolean;
  readonly may_approve: boolean;
  readonly is_admin: boolean;
  readonly is_allowed: boolean;
  readonly has_pin: boolean;
  readonly destinations: readonly Destination[];
  readonly waiting: readonly WaitingRequest[];
  readonly decided: readonly DecidedRequest[];
  /** `2026-11`, UTC. */
  readonly month: string;
  readonly sent_bytes: number;
  /** Bytes that left the home on the days of that month on which any did. */
  readonly sent_days: Readonly<Record<string, number>>;
}

export interface Destination {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly model: string;
  readonly is_local: boolean;
}

export interface Request {
  readonly request_id: string;
  readonly satellite_id: string;
  readonly satellite_name: string;
  readonly content: string;
  readonly destination_id: string;
}

export interface WaitingRequest extends Request {
  readonly size_bytes: number;
  readonly asked_at: string;
  readonly left_s: number;
}

export interface DecidedRequest extends Request {
  readonly decided_at: string;
  readonly fate: string;
  readonly reason: string;
  readonly status: number;
  readonly sent_bytes: number;
  readonly received_bytes: number;
  readonly has_answer: boolean;
}

/** `preview`. */
export interface Preview {
  readonly request_id: string;
  readonly hash: string;
  readonly nonce: string;
  readonly destination: Destination | null;
  readonly content: string;
  readonly left_s: number;
  readonly size_bytes: number;
  readonly body_at: number;
  readonly marker: string;
  readonly audio_at: number;
  readonly audio_bytes: number;
  readonly replaced: readonly { readonly placeholder: string; readonly original: string }[];
  /** Base 64. */
  readonly bytes: string;
}

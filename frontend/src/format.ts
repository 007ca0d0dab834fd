/** Times, numbers and sizes, as the user of Home Assistant has chosen to read them. */

import type { Hass } from "./hass.ts";

const HOUR_S = 3_600;
const MINUTE_S = 60;
const DAY_MS = 86_400_000;
const ENGLISH = "en";

export class Format {
  readonly language: string;
  readonly timeZone: string | undefined;
  readonly #hour12: boolean | undefined;

  constructor(hass: Hass) {
    this.language = known(hass.locale.language, (language) => new Intl.Locale(language)) ?? ENGLISH;
    const zone = hass.locale.time_zone === "server" ? hass.config.time_zone : undefined;
    this.timeZone = known(zone, (timeZone) => new Intl.DateTimeFormat(ENGLISH, { timeZone }));
    this.#hour12 = { "12": true, "24": false }[hass.locale.time_format];
  }

  /** Return a number with at most so many digits after the point, and at least as many as that. */
  number(value: number, most = 0, least = 0): string {
    const style = { minimumFractionDigits: least, maximumFractionDigits: most };
    return new Intl.NumberFormat(this.language, style).format(value);
  }

  percent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: "percent", maximumFractionDigits: 0 }).format(share);
  }

  /** Return how many bytes these are, to the byte. */
  bytes(count: number): string {
    const style = { style: "unit", unit: "byte", unitDisplay: "long" } as const;
    return new Intl.NumberFormat(this.language, style).format(count);
  }

  milliseconds(value: number): string {
    return value < 1_000 ? `${this.number(value)}\u00a0ms` : this.seconds(value / 1_000);
  }

  /** Return seconds by their sign: what languages abbreviate them to ("secs") is harder to read. */
  seconds(value: number): string {
    return `${this.number(value, 1, 1)}\u00a0s`;
  }

  /** Return what a language (BCP 47) is called; its code where nobody knows it. */
  languageName(code: string): string {
    const tag = code.replaceAll("_", "-");
    const named = () => new Intl.DisplayNames(this.language, { type: "language" }).of(tag);
    return (known(tag, named) && named()) || code;
  }

  /** Return a time that is left: `1:05`, `1:00:00`. */
  left(seconds: number): string {
    const whole = Math.max(0, Math.ceil(seconds));
    const two = (value: number) => String(value).padStart(2, "0");
    const [hours, minutes] = [Math.floor(whole / HOUR_S), Math.floor((whole % HOUR_S) / MINUTE_S)];
    return hours ? `${hours}:${two(minutes)}:${two(whole % MINUTE_S)}` : `${minutes}:${two(whole % MINUTE_S)}`;
  }

  /** Return the time of day of a moment (ISO 8601). */
  time(iso: string): string {
    return this.#moment(iso, { timeStyle: "short" });
  }

  dateTime(iso: string): string {
    return this.#moment(iso, { dateStyle: "medium", timeStyle: "short" });
  }

  /** Return the day of a moment: "Today" and "Yesterday" in words. */
  day(iso: string): string {
    const ago = Math.round((Date.parse(this.dayKey(new Date().toISOString())) - Date.parse(this.dayKey(iso))) / DAY_MS);
    return ago === 0 || ago === 1
      ? this.dayName(ago)
      : this.#moment(iso, { weekday: "long", day: "numeric", month: "long" });
  }

  /** Return what the day so many days ago is called: "Today", "Yesterday". */
  dayName(ago: number): string {
    const words = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" }).format(-ago, "day");
    return words.charAt(0).toLocaleUpperCase(this.language) + words.slice(1);
  }

  /** Return a day (`2026-11-22`) in a few characters. */
  shortDay(day: string): string {
    const time = new Date(`${day}T12:00:00Z`);
    if (Number.isNaN(time.getTime())) return day;
    return new Intl.DateTimeFormat(this.language, { day: "numeric", month: "short", timeZone: "UTC" }).format(time);
  }

  /** Return a month (`2026-11`). */
  month(month: string): string {
    const time = new Date(`${month}-01T12:00:00Z`);
    if (Number.isNaN(time.getTime())) return month;
    return new Intl.DateTimeFormat(this.language, { month: "long", year: "numeric", timeZone: "UTC" }).format(time);
  }

  /** Return how long until a moment, or since, in the largest unit: "in 6 days", "5 minutes ago". */
  relative(iso: string): string {
    const ms = Date.parse(iso) - Date.now();
    if (Number.isNaN(ms)) return "";
    const words = new Intl.RelativeTimeFormat(this.language, { numeric: "auto" });
    const [size, sign] = [Math.abs(ms), Math.sign(ms)];
    if (size >= DAY_MS) return words.format(sign * Math.round(size / DAY_MS), "day");
    if (size >= HOUR_S * 1_000) return words.format(sign * Math.round(size / (HOUR_S * 1_000)), "hour");
    return words.format(sign * Math.max(1, Math.round(size / (MINUTE_S * 1_000))), "minute");
  }

  /** Return the day of a moment where the home is, `2026-11-22`. */
  dayKey(iso: string): string {
    const time = new Date(iso);
    if (Number.isNaN(time.getTime())) return "";
    const zone = this.timeZone === undefined ? {} : { timeZone: this.timeZone };
    return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", ...zone }).format(time);
  }

  #moment(iso: string, style: Intl.DateTimeFormatOptions): string {
    const time = new Date(iso);
    if (Number.isNaN(time.getTime())) return iso;
    const zone = this.timeZone === undefined ? {} : { timeZone: this.timeZone };
    const clock = this.#hour12 === undefined || !style.timeStyle ? {} : { hour12: this.#hour12 };
    return new Intl.DateTimeFormat(this.language, { ...style, ...zone, ...clock }).format(time);
  }
}

/** Return what the browser knows as well; otherwise nothing, and not an error with each text. */
function known(name: string | undefined, use: (name: string) => unknown): string | undefined {
  if (name === undefined) return undefined;
  try {
    use(name);
    return name;
  } catch {
    return undefined;
  }
}

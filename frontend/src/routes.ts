/** Where on the page one is: a tab, and what is open in it. Only ids stand in an address, never words. */

export const TABS = ["turns", "cloud", "quality", "home", "settings", "trust"] as const;
export type Tab = (typeof TABS)[number];

export interface Place {
  readonly tab: Tab;
  /** Such as `turn` or `request`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Return the place that an address names; `prefix` is the page's own. */
export function placeOf({ pathname, search }: Location, prefix: string): Place {
  const parameters = Object.fromEntries(new URLSearchParams(search));
  const name = pathname.slice(prefix.length).replace(/^\//, "");
  // Notifications link to a request without naming a tab.
  const tab = TABS.find((known) => known === name) ?? (parameters["request"] ? "cloud" : "turns");
  return { tab, parameters };
}

/** Return the address of a place. */
export function addressOf(tab: string, parameters: Readonly<Record<string, string>>, prefix: string): string {
  const search = new URLSearchParams(parameters).toString();
  return `${prefix}/${tab}${search ? `?${search}` : ""}`;
}

/** Go there, as Home Assistant's own links do. */
export function navigate(address: string): void {
  history.pushState(null, "", address);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}

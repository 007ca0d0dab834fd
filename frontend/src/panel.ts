/**
 * The page at /local-voice. Home Assistant makes the element and gives it `hass`, `narrow` and `route`.
 *
 * All that is shown comes by its WebSocket API and becomes text, never HTML; nothing of it is kept in the browser, or put
 * into an address.
 */

import {
  mdiAccountVoice,
  mdiChartLine,
  mdiCloudLockOutline,
  mdiCogOutline,
  mdiHistory,
  mdiHomeOutline,
  mdiLanDisconnect,
  mdiShieldCheckOutline,
} from "@mdi/js";
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Context, INTEGRATION } from "./context.ts";
import type { Hass } from "./hass.ts";
import { panelStyles } from "./panel-styles.ts";
import { icon } from "./parts/icons.ts";
import { loading, notice } from "./parts/notice.ts";
import { styles } from "./parts/styles.ts";
import { TABS, addressOf, navigate, placeOf, type Place, type Tab } from "./routes.ts";
import { Standing } from "./standing.ts";
import type { Go } from "./view.ts";
import type { Gateway, LedgerGateway } from "./words.ts";
import "./cloud/cloud.ts";
import "./home/home.ts";
import "./quality/quality.ts";
import "./settings/settings.ts";
import "./trust/trust.ts";
import "./turns/turns.ts";

const PREFIX = "/local-voice";
const ICONS: Readonly<Record<Tab, string>> = {
  turns: mdiHistory,
  cloud: mdiCloudLockOutline,
  quality: mdiChartLine,
  home: mdiHomeOutline,
  settings: mdiCogOutline,
  trust: mdiShieldCheckOutline,
};

@customElement("local-voice-panel")
export class LocalVoicePanel extends LitElement {
  static override styles = [styles, panelStyles];

  @property({ attribute: false }) hass!: Hass;
  @property({ type: Boolean }) narrow = false;
  @state() private context: Context | null = null;
  @state() private place: Place = placeOf(location, PREFIX);
  /** The gateway that is looked at, where there are several. */
  @state() private entryId = "";
  readonly #standing = new Standing(this);
  /** The language whose texts are there. */
  #language = "";
  #hasMoved = false;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("location-changed", this.#route);
    window.addEventListener("popstate", this.#route);
    this.addEventListener("go", this.#go as EventListener);
    this.requestUpdate("hass");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("location-changed", this.#route);
    window.removeEventListener("popstate", this.#route);
    this.removeEventListener("go", this.#go as EventListener);
  }

  protected override shouldUpdate(changed: PropertyValues): boolean {
    if (!changed.has("hass")) return true;
    const before = changed.get("hass") as Hass | undefined;
    const isOther = !before || !this.context || !LOOKED_AT.every((name) => before[name] === this.hass[name]);
    return isOther || changed.size > 1; // a state that changed somewhere is none of ours
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("hass")) return;
    this.style.colorScheme = this.hass.themes?.darkMode ? "dark" : "light";
    this.#standing.follow(this.hass.connected ? this.hass.connection : null); // it hears anew when it is back
    void this.#load();
  }

  /** Have the texts, in the user's language; views appear with them. */
  async #load(): Promise<void> {
    const { language } = this.hass;
    if (language !== this.#language) {
      await this.hass.loadBackendTranslation("config_panel", INTEGRATION).catch(() => undefined);
      if (language !== this.hass.language) return;
      this.#language = language;
    }
    this.context = new Context(() => this.hass, this.#standing.news);
  }

  protected override updated(): void {
    if (!this.#hasMoved) return;
    this.#hasMoved = false;
    this.renderRoot.querySelector("main")?.scrollTo(0, 0);
  }

  readonly #route = () => {
    if (!location.pathname.startsWith(PREFIX)) return;
    const place = placeOf(location, PREFIX);
    this.#hasMoved = place.tab !== this.place.tab;
    this.place = place;
  };

  readonly #go = ({ detail: { tab, parameters } }: CustomEvent<Go>) => navigate(addressOf(tab, parameters, PREFIX));

  protected override render(): TemplateResult {
    const { context } = this;
    return html`
      <header>
        <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
        <h1>Local Voice</h1>
        ${context ? this.#choice(context) : nothing}
      </header>
      ${context ? this.#tabs(context) : nothing}
      <main>${context ? this.#shown(context) : nothing}</main>
    `;
  }

  /** Several gateways are one household's at most times; then one is chosen for all tabs. */
  #choice(context: Context): TemplateResult | typeof nothing {
    const { gateways } = this.#standing;
    if (!gateways || gateways.length < 2) return nothing;
    const choose = (event: Event) => (this.entryId = (event.target as HTMLSelectElement).value);
    return html`<select class="gateways" aria-label=${context.t("page.gateway")} @change=${choose}>
      ${gateways.map(
        ({ entry_id: id, name }) =>
          html`<option value=${id} ?selected=${id === this.#gateway?.entry_id}>${name}</option>`,
      )}
    </select>`;
  }

  #tabs(context: Context): TemplateResult {
    const waiting = this.#standing.consents?.reduce((sum, { waiting: list }) => sum + list.length, 0) ?? 0;
    const label = (tab: Tab) => context.t(`tabs.${tab}`);
    return html`<nav aria-label=${context.t("page.views")}>
      ${TABS.map(
        (tab) =>
          html`<a
            href=${addressOf(tab, {}, PREFIX)}
            aria-current=${tab === this.place.tab ? "page" : nothing}
            @click=${(event: MouseEvent) => this.#follow(event, tab)}
          >
            ${icon(ICONS[tab])}<span>${label(tab)}</span>
            ${
              tab === "cloud" && waiting
                ? html`<span class="badge" aria-label=${context.t("page.waiting", { count: waiting })}
                    >${waiting}</span
                  >`
                : nothing
            }
          </a>`,
      )}
    </nav>`;
  }

  #follow(event: MouseEvent, tab: Tab): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate(addressOf(tab, {}, PREFIX));
  }

  get #gateway(): Gateway | undefined {
    const { gateways } = this.#standing;
    return gateways?.find(({ entry_id: id }) => id === this.entryId) ?? gateways?.[0];
  }

  #shown(context: Context): TemplateResult {
    const { gateways, ledgers, consents, isNotSetUp, failure } = this.#standing;
    if (!this.hass.connected)
      return notice({
        icon: mdiLanDisconnect,
        title: context.t("page.disconnected"),
        text: context.t("page.disconnected_text"),
      });
    if (isNotSetUp || gateways?.length === 0)
      return notice({
        icon: mdiAccountVoice,
        title: context.t("page.not_set_up"),
        text: context.t("page.not_set_up_text"),
      });
    if (failure) return notice({ title: context.t("page.not_told"), text: context.failure(failure) });
    const gateway = this.#gateway;
    const ledger = ledgers?.find(({ entry_id: id }) => id === gateway?.entry_id);
    if (!gateway || !ledger || !consents) return loading(context.t("page.loading"));
    return html`${gateway.connected ? nothing : this.#away(context, gateway)}${this.#view(context, gateway, ledger)}`;
  }

  #away(context: Context, gateway: Gateway): TemplateResult {
    return html`<div class="away" role="status">
      ${icon(mdiLanDisconnect)}
      <div>
        <strong>${context.t("page.away", { gateway: gateway.name })}</strong><br />${context.t("page.away_text")}
      </div>
    </div>`;
  }

  #view(context: Context, gateway: Gateway, ledger: LedgerGateway): TemplateResult {
    const { parameters } = this.place;
    switch (this.place.tab) {
      case "turns":
        return html`<lv-turns
          .context=${context}
          .gateway=${ledger}
          .language=${gateway.offered?.language ?? ""}
          .turnId=${parameters["turn"] ?? ""}
        ></lv-turns>`;
      case "cloud":
        return html`<lv-cloud
          .context=${context}
          .gateways=${this.#standing.consents ?? []}
          .toldMs=${this.#standing.consentsMs}
          .requestId=${parameters["request"] ?? ""}
        ></lv-cloud>`;
      case "quality":
        return html`<lv-quality .context=${context} .gateway=${ledger}></lv-quality>`;
      case "home":
        return html`<lv-home
          .context=${context}
          .gateway=${gateway}
          .scope=${ledger.scope}
          .toldMs=${this.#standing.gatewaysMs}
        ></lv-home>`;
      case "settings":
        return html`<lv-settings .context=${context} .gateway=${gateway} .kept=${ledger.kept}></lv-settings>`;
      case "trust":
        return html`<lv-trust .context=${context} .gateway=${gateway}></lv-trust>`;
    }
  }
}

/** Of `hass`, what makes the page another one. */
const LOOKED_AT = ["connected", "connection", "language", "locale", "user", "themes", "areas"] as const;

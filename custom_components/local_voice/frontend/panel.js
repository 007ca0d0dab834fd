/**
 * The page at /local-voice: what waits for a person's yes or no, and what became of it.
 *
 * Home Assistant makes the element and gives it `hass` and `narrow`. All that is shown comes by its WebSocket API, and
 * becomes text, never HTML; nothing of it is kept in the browser, or put into an address.
 */

import { answerElement, errorText, fateText, hostOf, placeOf } from "./decided.js";
import { make, words } from "./dom.js";
import { RequestView } from "./request.js";
import { STYLE } from "./style.js";
import { TEXTS, bytesText, leftText, timeText } from "./texts.js";

const TICK_MS = 250;
const PARAMETER = "request";
const NOT_SET_UP = "unknown_command";

class LocalVoicePanel extends HTMLElement {
  #hass = null;
  #narrow = false;
  #connection = null;
  #unsubscribe = null;
  #gateways = null;
  /** The answers that are shown, by their requests. */
  #answers = new Map();
  #view = null;
  /** The request that the address names; null before anything is shown. */
  #viewed = null;
  #ticking = 0;
  #menu = null;

  #notice = make("section", { role: "status" }, TEXTS.loading);
  #howMany = make("p", { role: "status" });
  #waiting = make("ul");
  #listHeading = make("h2", { tabindex: "-1" }, TEXTS.waiting);
  #lists = make("div", { class: "stack", hidden: true }, make("section", {}, this.#listHeading, this.#howMany, this.#waiting));
  #ofGateways = make("div", { class: "stack" });
  #back = make("button", { type: "button", class: "back", hidden: true, onclick: () => this.#go("") }, `← ${TEXTS.back}`);
  #header = make("header", {}, make("h1", {}, TEXTS.title));
  #main = make("main", {}, this.#notice, this.#back, this.#lists, this.#ofGateways);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    root.append(this.#header, this.#main);
    customElements.whenDefined("ha-menu-button").then(() => this.#addMenu());
  }

  set hass(hass) {
    this.#hass = hass;
    this.style.colorScheme = hass.themes?.darkMode ? "dark" : "light";
    if (this.#menu) this.#menu.hass = hass;
    if (this.isConnected && hass.connection !== this.#connection) this.#subscribe();
  }

  set narrow(narrow) {
    this.#narrow = narrow;
    if (this.#menu) this.#menu.narrow = narrow;
  }

  connectedCallback() {
    if (this.#hass) this.#subscribe();
    addEventListener("location-changed", this.#route);
    addEventListener("popstate", this.#route);
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    removeEventListener("location-changed", this.#route);
    removeEventListener("popstate", this.#route);
    this.#leave();
    this.#closeView();
    this.#answers.clear();
  }

  async #subscribe() {
    this.#leave();
    const connection = (this.#connection = this.#hass.connection);
    const hear = ({ gateways }) => connection === this.#connection && this.#take(gateways);
    try {
      const unsubscribe = await connection.subscribeMessage(hear, { type: "local_voice/consent/subscribe" });
      if (connection === this.#connection) this.#unsubscribe = unsubscribe;
      else unsubscribe();
    } catch (error) {
      this.#notify(error?.code === NOT_SET_UP ? TEXTS.notSetUp : `${TEXTS.notTold} ${error?.message ?? error}`);
    }
  }

  #leave() {
    this.#unsubscribe?.();
    this.#unsubscribe = this.#connection = null;
  }

  #take(gateways) {
    const nowMs = performance.now();
    for (const { waiting } of gateways) for (const item of waiting) item.untilMs = nowMs + item.left_s * 1000;
    this.#gateways = gateways;
    this.#notify(gateways.length ? "" : TEXTS.noGateway);
    this.#render();
    this.#route();
    this.#view?.update(gateways);
    this.#tick();
  }

  #notify(text) {
    this.#notice.hidden = !text;
    if (this.#notice.textContent !== text) this.#notice.textContent = text;
  }

  #tick() {
    this.#view?.tick();
    for (const timer of this.#waiting.querySelectorAll("[role=timer]")) {
      const text = `${leftText((timer.untilMs - performance.now()) / 1000)} ${TEXTS.left}`;
      if (timer.textContent !== text) timer.textContent = text;
    }
  }

  /** Show what the address names. */
  #route = () => {
    const wanted = new URLSearchParams(location.search).get(PARAMETER) ?? "";
    if (!this.#gateways || wanted === this.#viewed) return;
    const wasOpen = this.#closeView();
    this.#viewed = wanted;
    this.#back.hidden = !wanted;
    this.#lists.hidden = this.#ofGateways.hidden = Boolean(wanted);
    if (wanted) {
      this.#view = new RequestView((what, fields) => this.#call(what, fields), wanted);
      this.#back.after(this.#view.element);
      this.#view.update(this.#gateways);
      this.#view.focus();
      scrollTo(0, 0);
    } else if (wasOpen) {
      this.#listHeading.focus();
    }
  };

  #closeView() {
    const wasOpen = Boolean(this.#view);
    this.#view?.close();
    this.#view = null;
    this.#viewed = null;
    return wasOpen;
  }

  #go(requestId) {
    const search = requestId ? `?${PARAMETER}=${encodeURIComponent(requestId)}` : "";
    history.pushState(null, "", `${location.pathname}${search}`);
    this.dispatchEvent(new CustomEvent("location-changed", { bubbles: true, composed: true, detail: { replace: false } }));
  }

  #call(what, fields) {
    return this.#hass.callWS({ type: `local_voice/consent/${what}`, ...fields });
  }

  #render() {
    const key = this.shadowRoot.activeElement?.dataset.key;
    const items = this.#gateways.flatMap((gateway) => gateway.waiting.map((item) => this.#waitingElement(gateway, item)));
    this.#lists.firstChild.hidden = !this.#gateways.length;
    this.#waiting.replaceChildren(...items);
    const howMany = items.length ? TEXTS.howMany(items.length) : TEXTS.nothingWaits;
    if (this.#howMany.textContent !== howMany) this.#howMany.textContent = howMany;
    this.#ofGateways.replaceChildren(...this.#gateways.map((gateway) => this.#gatewayElement(gateway)));
    if (key) this.shadowRoot.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }

  #waitingElement(gateway, item) {
    const content = TEXTS.contents[item.content] ?? item.content;
    const timer = make("span", { role: "timer", class: "faint", "aria-label": TEXTS.timeLeft });
    timer.untilMs = item.untilMs;
    const at = this.#gateways.length > 1 ? [` ${TEXTS.gatewayOf} `, words(gateway.name)] : [];
    const look = make("button", {
      type: "button", "data-key": `look ${item.request_id}`, onclick: () => this.#go(item.request_id),
    }, TEXTS.look);
    look.setAttribute("aria-label", TEXTS.lookAt(content, placeOf(item).textContent));
    return make("li", { class: "row" },
      make("div", {}, make("strong", {}, content, " → ", words(hostOf(gateway, item))), make("br"),
        make("span", { class: "faint" }, placeOf(item), ...at, " · ", bytesText(item.size_bytes), " · "), timer),
      look);
  }

  #gatewayElement(gateway) {
    const notes = [];
    if (!gateway.connected) notes.push(make("p", { class: "away" }, TEXTS.away));
    if (!gateway.may_approve) notes.push(make("p", { class: "away" }, TEXTS.mayNot));
    const destinations = (gateway.destinations ?? []).map((to) =>
      make("li", {}, make("strong", {}, words(to.host)), " · ", words(to.model), make("br"),
        make("span", { class: "faint" }, TEXTS.where[to.is_local ? "local" : "cloud"])));
    const decided = gateway.decided.map((item) => this.#decidedElement(gateway, item));
    return make("section", {}, make("h2", {}, words(gateway.name || TEXTS.gateway)), ...notes, this.#switch(gateway),
      make("p", {}, TEXTS.sentInMonth(gateway.sent_bytes, gateway.month)),
      make("h3", {}, TEXTS.destinations),
      destinations.length ? make("ul", {}, ...destinations) : make("p", { class: "faint" }, TEXTS.noDestinations),
      make("h3", {}, TEXTS.decided),
      decided.length ? make("ul", {}, ...decided) : make("p", { class: "faint" }, TEXTS.nothingDecided));
  }

  #switch(gateway) {
    if (!gateway.is_admin) return make("p", {}, TEXTS.allowIs(gateway.is_allowed));
    const said = make("p", { role: "status", class: "faint" }, TEXTS.allowHint);
    const input = make("input", {
      type: "checkbox", role: "switch", "data-key": `allow ${gateway.entry_id}`, disabled: !gateway.connected,
      onchange: async () => {
        const wanted = input.checked;
        try {
          await this.#call("allow", { entry_id: gateway.entry_id, is_allowed: wanted });
        } catch (error) {
          input.checked = !wanted;
          said.textContent = errorText(error);
        }
      },
    });
    input.checked = gateway.is_allowed;
    return make("div", {}, make("label", { class: "switch" }, input, TEXTS.allow), said);
  }

  #decidedElement(gateway, item) {
    const answer = this.#answers.get(item.request_id);
    const content = TEXTS.contents[item.content] ?? item.content;
    const show = async () => {
      if (this.#answers.delete(item.request_id)) return this.#render();
      const asked = { entry_id: gateway.entry_id, request_id: item.request_id };
      const found = await this.#call("answer", asked).then(
        ({ text }) => answerElement(hostOf(gateway, item), text), (error) => make("p", {}, errorText(error)));
      if (!this.isConnected) return undefined;
      this.#answers.set(item.request_id, found);
      return this.#render();
    };
    const button = make("button", {
      type: "button", "data-key": `answer ${item.request_id}`, "aria-expanded": String(Boolean(answer)), onclick: show,
    }, answer ? TEXTS.hideAnswer : TEXTS.showAnswer);
    return make("li", {}, make("div", { class: "row" },
      make("div", {}, fateText(item), make("br"),
        make("span", { class: "faint" }, `${content} → `, words(hostOf(gateway, item)), " · ", placeOf(item), " · ",
          timeText(item.decided_at))),
      ...(item.has_answer ? [button] : [])), ...(answer ? [answer] : []));
  }

  #addMenu() {
    this.#menu = document.createElement("ha-menu-button");
    Object.assign(this.#menu, { hass: this.#hass, narrow: this.#narrow });
    this.#header.prepend(this.#menu);
  }
}

if (!customElements.get("local-voice-panel")) customElements.define("local-voice-panel", LocalVoicePanel);

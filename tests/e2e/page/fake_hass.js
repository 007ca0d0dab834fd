/** What Home Assistant gives to a panel, without Home Assistant: the test answers what is asked (`ask`) and tells. */

const { language, is_admin, texts, areas, states } = await ask({ type: "begin" });
const told = {};

/** As Home Assistant's does it: names in braces, and plurals (`{count, plural, one {# turn} other {# turns}}`). */
function localize(key, values = {}) {
  const plural = /\{(\w+), plural,((?:\s*(?:=\d+|\w+)\s*\{[^{}]*(?:\{\w+\}[^{}]*)*\})+)\s*\}/g;
  const text = (texts[key] ?? "").replaceAll(plural, (_, name, forms) => {
    const found = Object.fromEntries([...forms.matchAll(/(=\d+|\w+)\s*\{([^{}]*(?:\{\w+\}[^{}]*)*)\}/g)].map(([, form, said]) => [form, said]));
    const count = values[name];
    const form = found[`=${count}`] ?? found[new Intl.PluralRules(language).select(count)] ?? found.other;
    return form.replaceAll("#", new Intl.NumberFormat(language).format(count));
  });
  return text.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`${key} needs ${name}`);
    return values[name];
  });
}

async function answered(message) {
  const answer = await ask(message);
  if (answer.error) throw answer.error;
  return answer.result;
}

const hass = {
  connected: true,
  language,
  locale: { language, time_format: "24", time_zone: "server" },
  config: { time_zone: "UTC" },
  user: { id: "ada", name: "Ada", is_admin },
  themes: { darkMode: matchMedia("(prefers-color-scheme: dark)").matches },
  areas,
  states,
  localize,
  loadBackendTranslation: async () => localize,
  hassUrl: (path) => path,
  callWS: answered,
  connection: {
    async subscribeMessage(hear, message) {
      const first = await answered(message);
      const what = message.type.split("/")[1];
      told[what] = hear;
      if (first) hear(first);
      return () => (told[what] = () => {});
    },
  },
};

customElements.define("ha-menu-button", class extends HTMLElement {
  connectedCallback() {
    this.textContent = "☰";
  }
});

const panel = document.createElement("local-voice-panel");
/** Tell what one of the subscriptions (`page`, `ledger`, `consent`) would. */
window.tell = (what, event) => told[what](event);
/** Return what hears one of the subscriptions. */
window.hearer = (what) => told[what];
/** Give the panel another `hass`. */
window.change_hass = (other) => (panel.hass = Object.assign(hass, other) && { ...hass });
window.open_panel = () => {
  Object.assign(panel, { hass: { ...hass }, narrow: innerWidth < 870, route: { prefix: "/local-voice", path: "" }, panel: {} });
  document.body.append(panel);
};

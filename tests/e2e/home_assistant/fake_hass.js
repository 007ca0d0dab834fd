/** What Home Assistant gives to a panel, without Home Assistant: the test answers what is asked (`ask`) and tells. */

let told = () => {};

const hass = {
  themes: { darkMode: matchMedia("(prefers-color-scheme: dark)").matches },
  connection: {
    async subscribeMessage(hear, message) {
      const answer = await ask(message);
      if (answer.error) throw answer.error;
      told = hear;
      if (answer.result) hear(answer.result);
      return () => (told = () => {});
    },
  },
  async callWS(message) {
    const answer = await ask(message);
    if (answer.error) throw answer.error;
    return answer.result;
  },
};

customElements.define("ha-menu-button", class extends HTMLElement {
  connectedCallback() {
    this.textContent = "☰";
  }
});

window.tell = (state) => told(state);
window.open_panel = () => {
  const panel = document.createElement("local-voice-panel");
  Object.assign(panel, { hass, narrow: innerWidth < 870, route: { prefix: "/local-voice", path: "" }, panel: {} });
  document.body.append(panel);
};

/** One request on the page: its exact bytes, what a person says to it, and what becomes of it. */

import { fromBase64, requestPieces, soundOf } from "./bytes.js";
import { answerElement, errorText, fateText, hostOf, placeOf } from "./decided.js";
import { make, pieceElement, words } from "./dom.js";
import { TEXTS, bytesText, leftText, timeText } from "./texts.js";

/** Between the bytes' appearance and the first possible decision: a double click on what was there before is none. */
const REST_MS = 800;
/** Another preview is needed after these: what is on the screen can be approved no more. */
const OUTDATED = ["altered", "not_shown"];
const ABOUT_THE_PIN = ["wrong_pin", "pin_locked"];

/** Shows a request from when it is opened until it is closed. `call` asks Home Assistant. */
export class RequestView {
  #call;
  #requestId;
  #gateway = null;
  #waiting = null;
  #decided = null;
  /** The preview whose bytes are on the screen; nothing else can be approved. */
  #shown = null;
  #isFetching = false;
  #isRested = false;
  #isDeciding = false;
  #isDecided = false;
  #untilMs = Infinity;
  #soundUrl = "";
  #answer = null;
  #isAway = false;
  #isClosed = false;

  #heading = make("h2", { tabindex: "-1" }, TEXTS.heading);
  #timers = [1, 2].map(() => make("span", { role: "timer", class: "left", "aria-label": TEXTS.timeLeft }));
  #facts = make("dl", { class: "facts" });
  #content = make("div");
  #pin = make("input", { type: "password", autocomplete: "off", maxlength: "32", spellcheck: "false" });
  #pinLabel = make("label", { hidden: true }, TEXTS.pin, this.#pin);
  #refuse = make("button", { type: "button", disabled: true, onclick: () => this.#decide(false) }, TEXTS.refuse);
  #approve = make("button", { type: "button", disabled: true, onclick: () => this.#decide(true) }, TEXTS.approve);
  #decision = make("div", { role: "group", "aria-label": TEXTS.decision, hidden: true },
    make("div", { class: "titled" }, make("h3", {}, TEXTS.decision), this.#timers[1]), make("p", { class: "faint" }, TEXTS.decisionHint), this.#pinLabel,
    make("div", { class: "decision" }, this.#refuse, this.#approve));
  #status = make("p", { class: "status", role: "status" });
  #again = make("button", { type: "button", hidden: true, onclick: () => this.#fetch() }, TEXTS.again);
  #came = make("div", { "aria-live": "polite" });

  constructor(call, requestId) {
    this.#call = call;
    this.#requestId = requestId;
    const title = make("div", { class: "titled" }, this.#heading, this.#timers[0]);
    this.element = make("section", {}, title, this.#facts, this.#content, this.#decision, this.#status,
      this.#again, this.#came);
  }

  /** Move the focus here, so that it is read from the beginning. */
  focus() {
    this.#heading.focus();
  }

  /** Take in how it stands now. */
  update(gateways) {
    const has = (list) => list.find(({ request_id: id }) => id === this.#requestId);
    const isOurs = ({ entry_id: id, waiting, decided }) => id === this.#gateway?.entry_id || has(waiting) || has(decided);
    const gateway = gateways.find(isOurs);
    this.#gateway = gateway ?? this.#gateway;
    this.#isAway = gateway ? !gateway.connected : gateways.some(({ connected }) => !connected);
    if (gateway?.connected) {
      this.#decided = has(gateway.decided) ?? this.#decided;
      this.#waiting = this.#decided ? null : (has(gateway.waiting) ?? null);
    }
    if (this.#decided) this.#tellFate();
    else if (this.#isAway) this.#say(TEXTS.away);
    else if (this.#waiting) this.#await(gateway);
    else this.#say(TEXTS.gone);
    this.tick();
  }

  #await(gateway) {
    this.#untilMs = Math.min(this.#untilMs, this.#waiting.untilMs);
    if (!this.#facts.hasChildNodes()) this.#describe(this.#waiting);
    if (!gateway.may_approve) this.#say(TEXTS.mayNot);
    else if (!this.#shown && this.#again.hidden) this.#fetch();
    else if (this.#status.textContent === TEXTS.away) this.#say(TEXTS.reading);
  }

  /** Tell the time that is left, and what can be done in it. */
  tick() {
    const leftMs = this.#untilMs - performance.now();
    const text = this.#waiting ? `${leftText(leftMs / 1000)} ${TEXTS.left}` : "";
    for (const timer of this.#timers) if (timer.textContent !== text) timer.textContent = text;
    const isOpen = Boolean(this.#waiting && this.#shown && !this.#isDecided);
    this.#decision.hidden = !isOpen;
    const canDecide = isOpen && !this.#isAway && this.#isRested && !this.#isDeciding && leftMs > 0;
    this.#approve.disabled = this.#refuse.disabled = !canDecide;
    this.#pinLabel.hidden = !this.#gateway?.has_pin;
    if (isOpen && leftMs <= 0) this.#say(TEXTS.outOfTime);
  }

  /** Forget all that was shown. */
  close() {
    this.#isClosed = true;
    this.#clear();
    this.element.remove();
  }

  async #fetch() {
    if (this.#isFetching || !this.#waiting) return;
    this.#isFetching = true;
    this.#again.hidden = true;
    this.#clear();
    this.#say(TEXTS.fetching);
    try {
      const preview = await this.#ask("preview");
      if (this.#isClosed || !this.#waiting) return;
      this.#show(preview);
      this.#say(TEXTS.reading);
    } catch (error) {
      if (this.#isClosed) return;
      this.#clear();
      this.#again.hidden = !this.#waiting;
      this.#say(error?.code ? errorText(error) : TEXTS.notShown);
    } finally {
      this.#isFetching = false;
      this.tick();
    }
  }

  #show(preview) {
    if (preview.request_id !== this.#requestId) throw new Error("another request");
    const bytes = fromBase64(preview.bytes);
    const pieces = requestPieces(bytes, preview);
    this.#describe(preview);
    this.#content.append(...this.#replacedElements(preview), ...bytesElements(preview, pieces));
    if (preview.audio_bytes) this.#content.append(...this.#soundElements(soundOf(bytes, preview)));
    this.#untilMs = Math.min(this.#untilMs, performance.now() + preview.left_s * 1000);
    this.#shown = preview;
    const rest = () => setTimeout(() => this.#rested(preview), REST_MS);
    requestAnimationFrame(() => requestAnimationFrame(rest)); // not before they have been painted
  }

  #rested(preview) {
    this.#isRested = this.#shown === preview;
    this.tick();
  }

  #clear() {
    this.#shown = null;
    this.#isRested = false;
    this.#content.replaceChildren();
    this.#pin.value = "";
    if (this.#soundUrl) URL.revokeObjectURL(this.#soundUrl);
    this.#soundUrl = "";
  }

  /** Say what is known of a request: of one that waits, or of one that is shown. */
  #describe(item) {
    const to = item.destination ?? this.#gateway.destinations.find(({ id }) => id === item.destination_id);
    const size = bytesText(item.size_bytes);
    const facts = [
      [TEXTS.to, make("strong", {}, words(to?.host ?? item.destination_id)),
        make("span", { class: "faint" }, to ? TEXTS.where[to.is_local ? "local" : "cloud"] : "")],
      [TEXTS.port, String(to?.port ?? "")],
      [TEXTS.path, words(to?.path ?? "")],
      [TEXTS.model, words(to?.model ?? "")],
      [TEXTS.what, TEXTS.contents[item.content] ?? item.content],
      [TEXTS.size, item.marker ? TEXTS.asShown(size) : size],
      [TEXTS.asked, placeOf(this.#waiting), `, ${timeText(this.#waiting.asked_at)}`],
    ];
    this.#facts.replaceChildren(...facts.flatMap(([name, ...value]) => [make("dt", {}, name), make("dd", {}, ...value)]));
    if (item.content === "audio") this.#content.replaceChildren(make("p", { class: "warning" }, TEXTS.audioWarning));
  }

  #replacedElements({ replaced = [], content }) {
    if (content !== "text") return [];
    const heading = make("h3", {}, TEXTS.replaced);
    if (!replaced.length) return [heading, make("p", { class: "faint" }, TEXTS.nothingReplaced)];
    const rows = replaced.map(({ original, placeholder }) =>
      make("tr", {}, make("td", {}, words(original)), make("td", {}, `${TEXTS.replacedBy} `, words(placeholder))));
    return [heading, make("table", {}, make("tbody", {}, ...rows)), make("p", { class: "faint" }, TEXTS.replacedHint)];
  }

  #soundElements({ wav, seconds }) {
    this.#soundUrl = URL.createObjectURL(new Blob([wav], { type: "audio/wav" }));
    const label = TEXTS.sound(seconds);
    return [make("h3", {}, label), make("audio", { controls: true, src: this.#soundUrl, "aria-label": label })];
  }

  async #decide(isYes) {
    const shown = this.#shown;
    if (!shown || this.#isDeciding || this.#approve.disabled) return;
    const pin = isYes && this.#gateway.has_pin ? this.#pin.value : "";
    if (isYes && this.#gateway.has_pin && !pin) {
      this.#say(TEXTS.pinFirst);
      this.#pin.focus();
      return;
    }
    this.#isDeciding = true;
    this.#say(isYes ? TEXTS.approving : TEXTS.refusing);
    this.tick();
    try {
      const yes = { hash: shown.hash, nonce: shown.nonce, ...(pin && { pin }) };
      await this.#ask(isYes ? "approve" : "refuse", isYes ? yes : {});
      this.#isDecided = true;
      this.#say(this.#decided ? "" : isYes ? TEXTS.approved : TEXTS.refused);
    } catch (error) {
      this.#say(errorText(error));
      if (OUTDATED.includes(error?.code)) {
        this.#clear();
        this.#again.hidden = false;
      }
      if (ABOUT_THE_PIN.includes(error?.code)) setTimeout(() => this.#pin.focus());
    } finally {
      this.#pin.value = "";
      this.#isDeciding = false;
      this.tick();
    }
  }

  #tellFate() {
    this.#say("");
    this.#again.hidden = true;
    this.#heading.textContent = TEXTS.headingDecided;
    const text = fateText(this.#decided);
    if (this.#came.dataset.text !== text) {
      this.#came.dataset.text = text;
      this.#came.replaceChildren(make("h3", {}, text));
    }
    if (this.#decided.has_answer && !this.#answer) this.#fetchAnswer();
  }

  async #fetchAnswer() {
    this.#answer = make("div");
    try {
      const { text } = await this.#ask("answer");
      this.#answer = answerElement(hostOf(this.#gateway, this.#decided), text);
    } catch (error) {
      this.#answer = make("p", {}, errorText(error));
    }
    if (!this.#isClosed) this.#came.append(this.#answer);
  }

  #ask(what, fields = {}) {
    return this.#call(what, { entry_id: this.#gateway.entry_id, request_id: this.#requestId, ...fields });
  }

  #say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }
}

function bytesElements({ marker }, pieces) {
  const shown = pieces.map((piece) =>
    piece.kind === "sound" ? make("span", { class: "sound" }, TEXTS.soundHere(piece.bytes)) : pieceElement(piece));
  const hint = make("p", { class: "faint" }, TEXTS.bytesHint, make("span", { class: "mark" }, TEXTS.bytesMark), ".");
  const key = make("p", { class: "faint" }, make("span", { class: "key" }, marker), ` ${TEXTS.keyHint}`);
  const box = make("pre", { role: "region", "aria-label": TEXTS.bytes });
  for (const element of shown) box.append(element); // more than a call may have arguments
  return [make("h3", {}, TEXTS.bytes), box, ...(marker ? [key] : []), hint];
}

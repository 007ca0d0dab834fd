/** What became of a request, in words, and the answer that came back. */

import { make, words } from "./dom.js";
import { TEXTS } from "./texts.js";

const HTTP_ERROR = 300;

/** Return what became of a request. */
export function fateText({ fate, reason, status, sent_bytes: sent = 0, received_bytes: received = 0 }) {
  const label = TEXTS.fates[fate] ?? fate;
  if (fate === "sending") return label;
  const why = reason ? `: ${TEXTS.reasons[reason] ?? reason}` : "";
  const code = status >= HTTP_ERROR ? ` (HTTP ${status})` : "";
  return `${label}${why}${code}. ${sent ? TEXTS.didLeave(sent, received) : TEXTS.nothingLeft}`;
}

/** Return the name of a destination's host. */
export function hostOf(gateway, item) {
  return gateway.destinations?.find(({ id }) => id === item.destination_id)?.host ?? item.destination_id;
}

/** Return where a request was asked. */
export function placeOf({ satellite_name: name, satellite_id: id }) {
  return words(name || id || TEXTS.typed);
}

/** Return an answer, marked as the cloud's. */
export function answerElement(host, text) {
  return make("div", { class: "answer" },
    make("p", { class: "faint" }, ...TEXTS.answerOf(words(host))), make("p", {}, words(text)));
}

/** Return what to tell a person of an error of Home Assistant's, or of the gateway's. */
export function errorText(error) {
  return TEXTS.errors[error?.code] ?? TEXTS.failed(error?.message ?? String(error));
}

/** What became of a request, in words. */

import {
  mdiAlertCircleOutline,
  mdiCancel,
  mdiCheckCircleOutline,
  mdiCloudUploadOutline,
  mdiStopCircleOutline,
  mdiTimerOffOutline,
  mdiUndoVariant,
} from "@mdi/js";
import type { Context } from "../context.ts";
import { own } from "../parts/own.ts";
import { wordPieces } from "../parts/pieces.ts";
import type { ConsentGateway, DecidedRequest, Request } from "../words.ts";

const HTTP_ERROR = 300;
const ICONS: Readonly<Record<string, string>> = {
  sending: mdiCloudUploadOutline,
  answered: mdiCheckCircleOutline,
  failed: mdiAlertCircleOutline,
  refused: mdiCancel,
  expired: mdiTimerOffOutline,
  withdrawn: mdiUndoVariant,
  revoked: mdiStopCircleOutline,
};

/** Return what became of a request. */
export function fateText(context: Context, request: DecidedRequest): string {
  const { fate, reason, status, sent_bytes: sent, received_bytes: received } = request;
  const label = context.of("fates", fate);
  if (fate === "sending") return label;
  const why = reason ? `: ${context.of("fate_reasons", reason)}` : "";
  const code = status >= HTTP_ERROR ? ` (HTTP ${status})` : "";
  const { format } = context;
  const left = sent
    ? context.t("request.did_leave", { sent: format.bytes(sent), received: format.bytes(received) })
    : context.t("request.nothing_left");
  return `${label}${why}${code}. ${left}`;
}

export function fateIcon(fate: string): string {
  return own(ICONS, fate) ?? mdiAlertCircleOutline;
}

export function contentText(context: Context, content: string): string {
  return context.of("contents", content);
}

/** Return the name of a destination's host. */
export function hostOf(gateway: ConsentGateway, { destination_id: id }: Request): string {
  return gateway.destinations.find((destination) => destination.id === id)?.host ?? id;
}

/** Return where a request was asked. */
export function placeOf(context: Context, { satellite_name: name, satellite_id: id }: Request): string {
  return name || id || context.t("cloud.typed");
}

/** Return words that may come from anywhere where only plain text can stand: what cannot be seen in them is marked. */
export function marked(text: string): string {
  return wordPieces(text)
    .map((piece) => piece.text)
    .join("");
}

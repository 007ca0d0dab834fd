/** What a person sees of a request before deciding: the facts, the names that stay here, the exact bytes, the sound. */

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../context.ts";
import { filled } from "../parts/filled.ts";
import { shown } from "../parts/shown.ts";
import type { DecidedRequest, Destination, Preview, WaitingRequest } from "../words.ts";
import { fromBase64, requestPieces, soundOf, type BytesPiece } from "./bytes.ts";
import { contentText, placeOf } from "./fate.ts";

/** A preview as it is on the screen. Nothing else can be approved. */
export interface ShownRequest {
  readonly preview: Preview;
  /** The bytes, made once: half a megabyte of them is not gone through with each rendering. */
  readonly bytes: Node;
  readonly sound: { readonly url: string; readonly seconds: number } | null;
}

const MARK = "[U+202E]";

/** Return a preview as it can be shown. Throws where it is not what it says it is. */
export function shownRequest(context: Context, requestId: string, preview: Preview): ShownRequest {
  if (preview.request_id !== requestId) throw new Error("another request");
  const bytes = fromBase64(preview.bytes);
  const pieces = bytesNode(context, requestPieces(bytes, preview));
  if (!preview.audio_bytes) return { preview, bytes: pieces, sound: null };
  const { wav, seconds } = soundOf(bytes, preview);
  return {
    preview,
    bytes: pieces,
    sound: { url: URL.createObjectURL(new Blob([wav], { type: "audio/wav" })), seconds },
  };
}

/** Have nothing left of what was shown. */
export function forget(request: ShownRequest | null): void {
  if (request?.sound) URL.revokeObjectURL(request.sound.url);
}

/** Return what is known of a request that waits, or did: once it is shown, what the preview says. */
export function facts(
  context: Context,
  asked: WaitingRequest,
  to: Destination | null,
  preview: Preview | null,
): TemplateResult {
  const { format } = context;
  const size = format.bytes(preview?.size_bytes ?? asked.size_bytes);
  const where = to ? context.t(to.is_local ? "cloud.where_local" : "cloud.where_cloud") : "";
  const host = html`<strong>${shown(to?.host ?? asked.destination_id)}</strong><span class="faint">${where}</span>`;
  const place = html`${shown(placeOf(context, asked))}, ${format.dateTime(asked.asked_at)}`;
  return html`<dl class="facts">
    ${row(context, "to", host)}
    ${
      to
        ? [
            row(context, "port", String(to.port)),
            row(context, "path", shown(to.path)),
            row(context, "model", shown(to.model)),
          ]
        : nothing
    }
    ${row(context, "what", contentText(context, asked.content))}
    ${row(context, "size", preview?.marker ? context.t("request.as_shown", { size }) : size)}
    ${row(context, "asked", place)}
  </dl>`;
}

/** Return what is known of a request that was decided before it was seen here. */
export function pastFacts(context: Context, decided: DecidedRequest, host: string): TemplateResult {
  return html`<dl class="facts">
    ${row(context, "to", html`<strong>${shown(host)}</strong>`)}
    ${row(context, "what", contentText(context, decided.content))}
    ${row(context, "asked", shown(placeOf(context, decided)))}
    ${row(context, "decided", context.format.dateTime(decided.decided_at))}
  </dl>`;
}

function row(
  context: Context,
  name: "to" | "port" | "path" | "model" | "what" | "size" | "asked" | "decided",
  value: unknown,
): TemplateResult {
  return html`<dt>${context.t(`request.${name}`)}</dt>
    <dd>${value}</dd>`;
}

/** Return the contents of a request. */
export function contents(context: Context, { preview, bytes, sound }: ShownRequest): TemplateResult {
  const key = html`<span class="key">${preview.marker}</span>`;
  const hint = filled(context, "request.bytes_hint", { mark: html`<span class="mark">${MARK}</span>` });
  return html`
    ${preview.content === "text" ? names(context, preview) : nothing}
    <h3>${context.t("request.bytes")}</h3>
    <pre role="region" aria-label=${context.t("request.bytes")}>${bytes}</pre>
    ${preview.marker ? html`<p class="faint">${filled(context, "request.key_hint", { key })}</p>` : nothing}
    <p class="faint">${hint}</p>
    ${sound ? soundPlayer(context, sound.url, sound.seconds) : nothing}
  `;
}

function names(context: Context, { replaced }: Preview): TemplateResult {
  const heading = html`<h3>${context.t("request.replaced")}</h3>`;
  if (!replaced.length)
    return html`${heading}
      <p class="faint">${context.t("request.nothing_replaced")}</p>`;
  return html`${heading}
    <table>
      <tbody>
        ${replaced.map(
          ({ original, placeholder }) =>
            html`<tr>
              <td>${shown(original)}</td>
              <td>${filled(context, "request.goes_as", { placeholder: shown(placeholder) })}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="faint">${context.t("request.replaced_hint")}</p>`;
}

function soundPlayer(context: Context, url: string, seconds: number): TemplateResult {
  const label = context.t("request.sound", { seconds: context.format.number(seconds, 1) });
  return html`<h3>${label}</h3>
    <audio controls src=${url} aria-label=${label}></audio>`;
}

function bytesNode(context: Context, pieces: readonly BytesPiece[]): Node {
  const node = document.createElement("code");
  for (const piece of pieces) {
    if (piece.kind === "text") {
      node.append(piece.text);
      continue;
    }
    const span = document.createElement("span");
    span.className = piece.kind;
    span.textContent =
      piece.kind === "sound"
        ? context.t("request.sound_here", { bytes: context.format.bytes(piece.bytes) })
        : piece.text;
    node.append(span);
  }
  return node;
}

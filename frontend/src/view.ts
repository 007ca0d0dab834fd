/** What all views have in common. */

import { LitElement } from "lit";
import { property } from "lit/decorators.js";
import type { Context } from "./context.ts";

/** A part of the page that is shown alone, or beside others. It shows text only; nothing in it becomes HTML. */
export abstract class View extends LitElement {
  @property({ attribute: false }) context!: Context;

  /** Put the focus on a part, once it is there. */
  protected async focusOn(selector: string): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(selector)?.focus();
  }

  /** Go to another view: its tab, and what is open in it. */
  protected go(tab: string, parameters: Readonly<Record<string, string>> = {}): void {
    this.dispatchEvent(new CustomEvent("go", { bubbles: true, composed: true, detail: { tab, parameters } }));
  }
}

/** What the event `go` says. */
export interface Go {
  readonly tab: string;
  readonly parameters: Readonly<Record<string, string>>;
}

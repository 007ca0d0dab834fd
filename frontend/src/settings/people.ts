/** Who may see their own turns, and who may approve what leaves the home. For administrators. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { controls } from "../parts/controls.ts";
import { styles } from "../parts/styles.ts";
import { Wanted } from "../parts/wanted.ts";
import { View } from "../view.ts";
import type { Gateway, Options } from "../words.ts";
import { formStyles } from "./form-styles.ts";

const APPROVERS = ["administrators", "everyone"] as const;

@customElement("lv-people")
export class PeopleElement extends View {
  static override styles = [styles, controls, formStyles];

  @property({ attribute: false }) gateway!: Gateway;
  @state() private said = "";
  readonly #seeOwn = new Wanted<boolean>(this);
  readonly #approvers = new Wanted<Options["approvers"]>(this);

  protected override render(): TemplateResult | typeof nothing {
    const { context } = this;
    const { options } = this.gateway;
    if (!options) return nothing;
    const approvers = this.#approvers.over(options.approvers);
    return html`<section>
      <h2>${context.t("settings.people")}</h2>
      <div class="field">
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            .checked=${live(this.#seeOwn.over(options.members_see_own_turns))}
            @change=${this.#switchSeeing}
          />
          ${context.t("settings.members_see")}
        </label>
        <p class="faint">${context.t("settings.members_see_text")}</p>
      </div>
      <fieldset class="field">
        <legend>${context.t("settings.approvers")}</legend>
        ${APPROVERS.map(
          (who) =>
            html`<label class="switch">
              <input
                type="radio"
                name="approvers"
                .checked=${live(who === approvers)}
                @change=${() => void this.#approve(who)}
              />
              ${context.t(`settings.approvers_${who}`)}
            </label>`,
        )}
      </fieldset>
      <p class="status" role="status">${this.said}</p>
    </section>`;
  }

  readonly #switchSeeing = async ({ target }: Event) => {
    const { checked } = target as HTMLInputElement;
    await this.#said(this.#seeOwn.until(checked, this.#change({ members_see_own_turns: checked })));
  };

  async #approve(approvers: Options["approvers"]): Promise<void> {
    await this.#said(this.#approvers.until(approvers, this.#change({ approvers })));
  }

  #change(options: Partial<Options>): Promise<unknown> {
    return this.context.call("page/change_options", { entry_id: this.gateway.entry_id, ...options });
  }

  async #said(done: Promise<void>): Promise<void> {
    this.said = "";
    try {
      await done;
      this.said = this.context.t("settings.saved");
    } catch (error) {
      this.said = this.context.failure(error);
    }
  }
}

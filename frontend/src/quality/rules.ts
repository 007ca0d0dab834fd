/** The rules that the household taught: what each does, who taught it, and taking it back. */

import { mdiSchoolOutline } from "@mdi/js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Failure } from "../hass.ts";
import { filled } from "../parts/filled.ts";
import { loading, notice } from "../parts/notice.ts";
import { NO, question } from "../parts/question.ts";
import { ruleWords, teacherName } from "../parts/rule-words.ts";
import { shown } from "../parts/shown.ts";
import { styles } from "../parts/styles.ts";
import { View } from "../view.ts";
import type { LedgerGateway, Rule, RulePage } from "../words.ts";
import { Asked } from "./asked.ts";

/** Rules come a page at a time, at most 300 in all: a gateway that tells of more pages is not followed. */
const MOST_PAGES = 16;

@customElement("lv-rules")
export class RulesView extends View {
  static override styles = [
    styles,
    css`
      p {
        margin: 0;
      }
      section > p {
        margin-bottom: 8px;
      }
      .row .actions {
        margin-top: 0;
      }
    `,
  ];

  @property({ attribute: false }) gateway!: LedgerGateway;
  /** The rule that a person is asked about. */
  @state() private askedAbout = "";
  @state() private isRemoving = false;
  @state() private removeFailure: Failure | null = null;
  @state() private said = "";
  readonly #rules = new Asked(this, async ({ entry_id }, isWanted) => {
    const rules: Rule[] = [];
    let before: number | null = null;
    for (let page = 0; page < MOST_PAGES && isWanted(); page++) {
      const told: RulePage = await this.context.call<RulePage>("ledger/rules", { entry_id, before });
      rules.push(...told.rules);
      before = told.before;
      if (before === null) break;
    }
    return rules;
  });

  protected override render(): TemplateResult {
    const { context } = this;
    const rules = this.#rules.told;
    return html`<section>
      <h2 tabindex="-1">${context.t("rules.title")}</h2>
      ${rules?.length ? html`<p class="faint">${context.t("rules.text")}</p>` : nothing} ${this.#shown()}
      <p class="status" role="status">${this.said}</p>
    </section>`;
  }

  #shown(): TemplateResult {
    const { context } = this;
    const { told: rules, failure } = this.#rules;
    if (failure)
      return notice({
        title: context.t("rules.not_told"),
        text: context.failure(failure),
        action: { label: context.t("quality.again"), do: () => void this.#rules.anew() },
      });
    if (!rules) return loading(context.t("page.loading"));
    if (!rules.length)
      return notice({
        icon: mdiSchoolOutline,
        title: context.t("rules.empty"),
        text: context.t("rules.empty_text"),
        action: { label: context.t("rules.to_turns"), do: () => this.go("turns") },
      });
    return html`<ul>
      ${repeat(
        rules,
        ({ rule_id: id }) => id,
        (rule) => html`<li>${this.#rule(rule)}</li>`,
      )}
    </ul>`;
  }

  #rule(rule: Rule): TemplateResult {
    const { context } = this;
    const isAsked = rule.rule_id === this.askedAbout;
    return html`<div class="row">
        <div>
          <p id="says-${rule.rule_id}">${ruleWords(context, rule)}</p>
          <p class="faint">${this.#origin(rule)}</p>
        </div>
        <div class="actions">
          ${
            rule.turn_id
              ? html`<button
                  type="button"
                  aria-describedby="says-${rule.rule_id}"
                  @click=${() => this.go("turns", { turn: rule.turn_id })}
                >
                  ${context.t("rules.turn")}
                </button>`
              : nothing
          }
          <button
            type="button"
            data-undo=${rule.rule_id}
            aria-expanded=${isAsked}
            aria-describedby="says-${rule.rule_id}"
            ?disabled=${this.isRemoving}
            @click=${() => this.#open(isAsked ? "" : rule.rule_id)}
          >
            ${context.t("rules.undo")}
          </button>
        </div>
      </div>
      ${isAsked ? this.#question(rule) : nothing}`;
  }

  #origin({ made_at: at, by }: Rule): TemplateResult | string {
    const { context } = this;
    const when = context.format.dateTime(at);
    const name = teacherName(context, by);
    return name ? filled(context, "rules.by", { when, name: shown(name) }) : when;
  }

  #question(rule: Rule): TemplateResult {
    const { context } = this;
    return question({
      text: context.t("rules.undo_ask"),
      yes: context.t("rules.undo_yes"),
      no: context.t("rules.undo_no"),
      isBusy: this.isRemoving,
      canBeDone: this.gateway.connected,
      failure: this.removeFailure ? context.failure(this.removeFailure) : "",
      answer: (isYes) => (isYes ? void this.#remove(rule) : this.#close(rule)),
    });
  }

  #open(ruleId: string): void {
    this.askedAbout = ruleId;
    this.removeFailure = null;
    this.said = "";
    if (ruleId) void this.focusOn(NO);
  }

  #close({ rule_id: id }: Rule): void {
    this.#open("");
    void this.focusOn(`[data-undo="${CSS.escape(id)}"]`);
  }

  async #remove({ rule_id: id }: Rule): Promise<void> {
    const { entry_id } = this.gateway;
    this.isRemoving = true;
    this.removeFailure = null;
    try {
      await this.context.call("ledger/remove_rule", { entry_id, rule_id: id });
    } catch (error) {
      const failure = (error ?? {}) as Failure;
      if (failure.code !== "no_rule") {
        this.removeFailure = failure; // and where it is gone already, that is what was wanted
        return;
      }
    } finally {
      this.isRemoving = false;
    }
    if (entry_id !== this.gateway.entry_id) return;
    this.#rules.take(this.#rules.told?.filter(({ rule_id: other }) => other !== id) ?? null);
    this.askedAbout = "";
    this.said = this.context.t("rules.undone");
    void this.focusOn("h2");
  }
}

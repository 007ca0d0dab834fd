/** What the turn that is open tells the list it was opened from: it bubbles, out of shadow roots as well. */

/** `turn-changed`: ask for it anew, since it was corrected or marked. `turn-forgotten`: it is gone; close it. */
export type TurnEventName = "turn-changed" | "turn-forgotten";

export interface TurnEvent {
  readonly turn_id: string;
}

export function tell(element: HTMLElement, name: TurnEventName, turnId: string): void {
  const detail: TurnEvent = { turn_id: turnId };
  element.dispatchEvent(new CustomEvent<TurnEvent>(name, { bubbles: true, composed: true, detail }));
}

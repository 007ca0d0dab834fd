/** Two panes, or one at a time where there is little room. */

import { css } from "lit";

export const turnsStyles = css`
  :host {
    height: 100%;
    container-type: inline-size;
  }
  .view {
    display: grid;
    grid-template: auto minmax(0, 1fr) / minmax(0, 5fr) minmax(0, 6fr);
    gap: 12px 16px;
    max-width: 1168px;
    height: 100%;
    margin: 0 auto;
    padding: 16px;
  }
  .view > * {
    min-width: 0;
  }
  lv-turn-filters {
    grid-column: 1 / -1;
  }
  .turns-delete:not(:hover) {
    background: var(--lv-card);
  }
  .card {
    position: relative;
    min-height: 0;
    overflow: hidden;
    background: var(--lv-card);
    border: 1px solid var(--ha-card-border-color, var(--lv-line));
    border-radius: var(--lv-radius);
  }
  .list lv-turn-list {
    height: 100%;
  }
  .list > .notice,
  .pane > .notice {
    padding-top: 15vh;
  }
  .pane {
    min-height: 0;
    padding: 0;
    overflow: auto;
    overscroll-behavior: contain;
  }
  .pane:focus {
    outline: none;
  }
  .pane:focus-visible {
    outline: 3px solid var(--lv-accent);
    outline-offset: -3px;
  }
  .bar {
    position: sticky;
    z-index: 2;
    top: 0;
    display: flex;
    justify-content: flex-end;
    height: 0;
  }
  .bar button {
    flex: none;
    height: 40px;
    margin: 8px;
    padding: 8px;
    background: var(--lv-card);
  }
  .bar .back {
    display: none;
  }
  .toast {
    position: absolute;
    z-index: 3;
    bottom: 24px;
    inset-inline: 16px;
    display: flex;
    justify-content: center;
    pointer-events: none;
  }
  .toast span {
    padding: 10px 18px;
    color: var(--lv-card);
    background: var(--primary-text-color, #212121);
    border-radius: 8px;
  }
  @container (max-width: 900px) {
    .view {
      position: relative;
      grid-template-columns: minmax(0, 1fr);
    }
    .pane {
      display: none;
    }
    .is-open .pane {
      display: block;
      position: absolute;
      inset: 0;
      overflow: auto;
      border: 0;
      border-radius: 0;
    }
    /* What is behind keeps its place, and is not there for anybody. */
    .is-open > :is(lv-turn-filters, .list) {
      visibility: hidden;
    }
    .bar {
      justify-content: flex-start;
      height: auto;
      background: var(--lv-card);
      border-bottom: 1px solid var(--lv-line);
    }
    .bar .close {
      display: none;
    }
    .bar .back {
      display: inline-flex;
      margin: 4px;
      padding-inline: 10px 16px;
    }
  }
  @container (max-width: 600px) {
    .view {
      gap: 0;
      padding: 0;
    }
    lv-turn-filters {
      padding: 8px;
      border-bottom: 1px solid var(--lv-line);
    }
    .list {
      border: 0;
      border-radius: 0;
    }
    .turns-delete {
      padding: 8px;
      border-color: transparent;
    }
    .turns-delete:not(:hover) {
      background: transparent;
    }
    .turns-delete span {
      display: none;
    }
  }
`;

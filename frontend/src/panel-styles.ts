/** The frame of the page: a bar above, tabs (below on a phone), and the one thing that scrolls. */

import { css } from "lit";

export const panelStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    height: 100dvh;
    background: var(--primary-background-color, #fafafa);
    font: 16px/1.5 var(--ha-font-family-body, Roboto, system-ui, sans-serif);
  }
  header {
    display: flex;
    flex: none;
    align-items: center;
    gap: 8px;
    height: var(--header-height, 56px);
    padding: 0 12px;
    color: var(--app-header-text-color, #fff);
    background: var(--app-header-background-color, var(--primary-color, #009ac7));
    border-bottom: var(--app-header-border-bottom, none);
  }
  h1 {
    flex: 1;
    min-width: 0;
    margin: 0 8px;
    font-size: 20px;
    font-weight: 400;
  }
  header select.gateways {
    width: auto;
    max-width: 50%;
    color: inherit;
    background: transparent;
    border-color: currentColor;
  }
  header option {
    color: var(--primary-text-color);
    background: var(--lv-card);
  }
  nav {
    display: flex;
    flex: none;
    justify-content: center;
    background: var(--lv-card);
    border-bottom: 1px solid var(--lv-line);
  }
  nav a {
    position: relative;
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 48px;
    padding: 0 16px;
    font-size: 15px;
    font-weight: 500;
    color: var(--lv-faint);
    text-decoration: none;
    border-bottom: 3px solid transparent;
  }
  nav a:focus-visible {
    outline-offset: -3px;
  }
  nav a:hover {
    background: var(--lv-inner);
  }
  nav a[aria-current] {
    color: var(--primary-text-color);
    border-bottom-color: var(--lv-accent);
  }
  .badge {
    display: grid;
    place-items: center;
    min-width: 20px;
    height: 20px;
    padding: 0 6px;
    font-size: 12px;
    color: #fff;
    background: #c62828;
    border-radius: 10px;
  }
  main {
    flex: 1;
    min-height: 0;
    overflow: auto;
    overscroll-behavior: contain;
  }
  .away {
    display: flex;
    align-items: center;
    gap: 12px;
    max-width: 1168px;
    margin: 16px auto 0;
    padding: 10px 16px;
    background: var(--lv-card);
    border: 1px solid var(--lv-line);
    border-inline-start: 4px solid var(--lv-warning);
    border-radius: 8px;
  }
  @media (max-width: 700px) {
    nav {
      order: 1;
      justify-content: space-around;
      padding-bottom: env(safe-area-inset-bottom);
      border-top: 1px solid var(--lv-line);
      border-bottom: 0;
    }
    nav a {
      flex: 1 1 auto;
      flex-direction: column;
      justify-content: center;
      gap: 2px;
      min-width: 0;
      min-height: 56px;
      padding: 0 2px;
      font-size: 11px;
      line-height: 1.2;
      border-bottom: 0;
    }
    nav a[aria-current] {
      color: var(--lv-accent-text);
    }
    .badge {
      position: absolute;
      top: 4px;
      inset-inline-start: calc(50% + 4px);
    }
    .away {
      margin: 8px;
    }
  }
`;

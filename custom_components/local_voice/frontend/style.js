/** How the page looks: Home Assistant's colours, whichever theme is on. */

export const STYLE = new CSSStyleSheet();

STYLE.replaceSync(`
  :host {
    --lv-line: var(--divider-color, rgba(127, 127, 127, 0.35));
    --lv-faint: var(--secondary-text-color, #6b6b6b);
    --lv-inner: var(--secondary-background-color, #f0f0f0);
    --lv-warning: var(--warning-color, #ffa600);
    display: block;
    min-height: 100vh;
    background: var(--primary-background-color, #fafafa);
    color: var(--primary-text-color, #212121);
    font: 16px/1.5 var(--ha-font-family-body, Roboto, system-ui, sans-serif);
  }
  * { box-sizing: border-box; }
  header {
    position: sticky; top: 0; z-index: 2;
    display: flex; align-items: center; gap: 8px;
    height: var(--header-height, 56px); padding: 0 12px;
    background: var(--app-header-background-color, var(--primary-color, #03a9f4));
    color: var(--app-header-text-color, #fff);
    border-bottom: var(--app-header-border-bottom, none);
  }
  h1 { font-size: 20px; font-weight: 400; margin: 0 8px; }
  main { max-width: 792px; margin: 0 auto; padding: 16px 16px 48px; }
  main, .stack { display: grid; gap: 16px; }
  main > *, .stack > *, .facts dd { min-width: 0; }
  section {
    padding: 16px 20px 20px;
    background: var(--card-background-color, #fff);
    border: 1px solid var(--ha-card-border-color, var(--lv-line));
    border-radius: var(--ha-card-border-radius, 12px);
  }
  h2 { font-size: 22px; font-weight: 500; line-height: 1.25; margin: 0 0 8px; }
  h3 { font-size: 16px; font-weight: 500; margin: 24px 0 4px; }
  h2:focus { outline: none; }
  .titled { display: flex; align-items: baseline; justify-content: space-between; gap: 16px; }
  .left { flex: none; font-variant-numeric: tabular-nums; color: var(--lv-faint); }
  p { margin: 0 0 8px; }
  .faint { color: var(--lv-faint); font-size: 14px; }
  .away, .warning {
    margin: 12px 0; padding: 10px 14px; border-radius: 8px;
    border-inline-start: 4px solid var(--lv-warning); background: var(--lv-inner);
  }
  ul { list-style: none; margin: 0; padding: 0; }
  li { padding: 12px 0; border-top: 1px solid var(--lv-line); }
  li:first-child { border-top: 0; }
  .row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; }
  .row > :first-child { flex: 1 1 220px; min-width: 0; }
  .facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 12px 0 0; }
  .facts dt { color: var(--lv-faint); }
  .facts dd { margin: 0; overflow-wrap: anywhere; }
  .facts .faint { display: block; }
  strong { font-weight: 500; }
  bdi, td, .answer { overflow-wrap: anywhere; }
  table { border-collapse: collapse; table-layout: fixed; width: 100%; }
  td { padding: 6px 12px 6px 0; border-top: 1px solid var(--lv-line); vertical-align: top; }
  tr:first-child td { border-top: 0; }
  code, pre { font-family: var(--ha-font-family-code, ui-monospace, "Roboto Mono", Menlo, Consolas, monospace); font-size: 13px; }
  pre {
    overflow-x: auto; margin: 4px 0 8px; padding: 12px 14px; line-height: 1.55; direction: ltr;
    text-align: left; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; border-radius: 8px;
    background: var(--lv-inner); border: 1px solid var(--lv-line);
  }
  .mark, .key, .sound { border-radius: 3px; padding: 0 3px; border: 1px solid var(--lv-faint); font-weight: 600; }
  .mark { font-family: var(--ha-font-family-code, ui-monospace, monospace); font-size: 0.85em; border-color: var(--error-color, #db4437); }
  .key { border-color: var(--primary-color, #03a9f4); }
  .sound { font-style: italic; }
  audio { display: block; width: 100%; margin: 8px 0; }
  .decision { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin-top: 12px; }
  button {
    min-height: 40px; padding: 8px 16px; font: inherit; font-size: 15px; font-weight: 500; cursor: pointer;
    color: inherit; background: transparent; border: 1px solid var(--lv-faint); border-radius: 20px;
  }
  button:hover:enabled { background: var(--lv-inner); }
  button:disabled { opacity: 0.45; cursor: default; }
  .decision button { width: 100%; min-height: 56px; font-size: 17px; border-width: 2px; border-radius: 28px; }
  :is(button, input, audio):focus-visible { outline: 3px solid var(--primary-color, #03a9f4); outline-offset: 2px; }
  .back { justify-self: start; }
  label { display: block; margin-top: 16px; }
  input[type="password"] {
    display: block; width: 100%; max-width: 280px; margin-top: 4px; padding: 10px 12px; font: inherit;
    color: inherit; background: var(--lv-inner); border: 1px solid var(--lv-faint); border-radius: 8px;
  }
  label.switch { display: flex; align-items: center; gap: 12px; margin: 0 0 4px; font-weight: 500; cursor: pointer; }
  input[type="checkbox"] { width: 22px; height: 22px; margin: 0; flex: none; accent-color: var(--primary-color, #03a9f4); }
  .status:not(:empty) { margin: 16px 0 0; }
  .answer { margin: 12px 0 0; padding: 10px 14px; border-radius: 8px; background: var(--lv-inner); }
  .answer p { margin: 0; white-space: pre-wrap; }
  [hidden] { display: none !important; }
  @media (max-width: 480px) {
    main { padding: 8px 8px 32px; }
    main, .stack { gap: 8px; }
    section { padding: 14px 14px 18px; }
    .facts { column-gap: 12px; }
    h2 { font-size: 20px; }
  }
`);

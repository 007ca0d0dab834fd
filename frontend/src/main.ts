/** The bundle's beginning: after an update an open browser tab may load a second one, and keeps the page that it has. */

if (!customElements.get("local-voice-panel")) await import("./panel.ts");

export {};

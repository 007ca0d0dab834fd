"""Home Assistant 2026.11 as a process of its own, the integration installed from its release, a browser in front."""

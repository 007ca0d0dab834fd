"""Home Assistant 2026.11 as both sides of a benchmark act in it: a real one, with a house that only remembers."""

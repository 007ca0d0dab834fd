"""This machine's own microphone and speaker. Knows nothing of turns, engines or homes."""

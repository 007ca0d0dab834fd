"""One voice turn, from the wake word to the spoken reply. Decides; does no I/O and imports no engine."""

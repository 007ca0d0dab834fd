"""The gateway as others reach it: sessions with Home Assistant and satellites on the voice port, and their turns."""

"""The gateway's processes: how the launcher starts them, and the words between them. Nothing of what they do."""

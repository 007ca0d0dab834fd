"""Local Voice: a household's own voice assistant. Nothing that is said at home leaves it."""

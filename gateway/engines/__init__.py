"""One adapter for each library that hears, understands or speaks. Models come from paths on disk, never by name."""

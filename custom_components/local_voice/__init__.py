"""Local Voice in Home Assistant: the face of a gateway that hears, understands and answers at home."""

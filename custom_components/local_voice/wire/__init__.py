"""The connection to the gateway, and the words on it."""

"""A gateway in one file, encrypted with a passphrase: how it is made, and how a new gateway is made of it."""

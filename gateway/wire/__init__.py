"""What both ports and all peers share: identities, tokens, listening, dialling, and the words on the wire.

Knows the base and nothing of voice, homes or consent; `docs/protocol.md` describes what is said with it.
"""

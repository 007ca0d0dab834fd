"""What we are measured against: other assistants' servers, in an environment of their own, and ours beside them.

Each is a process of its own on loopback, spoken with through the same client.
"""

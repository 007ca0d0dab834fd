"""The gateway's other half: who is a peer, how one becomes one, the audit log, and the owner's own socket.

A process of its own (`gateway.broker_process`) that knows nothing of voice or homes; later it alone goes beyond home.
"""

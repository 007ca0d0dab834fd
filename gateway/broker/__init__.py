"""The gateway's other half: who is a peer, how one becomes one, and the owner's own socket.

It knows nothing of voice or homes and is to become a process of its own; later it alone reaches beyond the home.
"""

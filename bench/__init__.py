"""What a gateway costs and how right it is, measured on this machine.

Imports the gateway; the gateway never imports it.
"""

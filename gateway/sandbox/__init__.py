"""What a process can give up for good, by the kernel: connections, other processes, files. And trying whether it has.

Knows Linux and nothing of what the gateway does.
"""

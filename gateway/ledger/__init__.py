"""The ledger: what the household is remembered to have said, and how it is forgotten. A process of its own keeps it."""

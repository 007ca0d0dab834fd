"""The house: read from a file, or simulated. The simulated house does to its things what Home Assistant would do."""

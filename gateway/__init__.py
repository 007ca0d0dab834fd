"""Local Voice: a household's own voice assistant. Nothing that is said at home leaves it."""

import os

# Unless it is told not to, onnxruntime keeps an id of this machine and sends its maker what runs here. Said before
# anything else is imported, in every program of ours, and handed on to their children.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

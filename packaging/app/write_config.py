#!/usr/bin/env python3
"""Writes the gateway's config.toml from a Home Assistant app's options, or one option: write_config.py OPTIONS [NAME].

Decides nothing: the gateway itself says what is wrong with a value.
"""

import json
import sys
from pathlib import Path

LARGEST_BYTES = 64 * 1024
"""The Supervisor's file has below one kilobyte."""


def toml(value: object) -> str:
    """Return text, flags, or a list of text as TOML."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def config(options: dict[str, object]) -> str:
    """Return the configuration: what the options say, and the app's own defaults for the rest."""
    sections = {
        "wake": {"words": options["wake_words"]},
        "stt": {
            "model": options["model"],
            "language": options["language"],
            "second_language": options.get("second_language", ""),
        },
        "tts": {"voice": options["voice"]},
        "wyoming": {"enabled": options["wyoming"]},
    }
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in section.items())
        for name, section in sections.items()
    )


def main() -> None:
    """Print what the command line asks for."""
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        options = json.loads(file.read(LARGEST_BYTES))
    print(options.get(sys.argv[2], "") if len(sys.argv) > 2 else config(options), end="")  # noqa: T201 - its answer


if __name__ == "__main__":
    main()

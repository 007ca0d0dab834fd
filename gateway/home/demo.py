"""The demo house that comes with the program, for everybody who has no house file yet."""

from importlib.resources import as_file, files

from gateway.home.files import load_house
from gateway.house import House


def demo_house() -> House:
    """Read the packaged house. Raises HouseError only where the installation is damaged."""
    with as_file(files("gateway.home") / "demo.yaml") as path:
        return load_house(path)

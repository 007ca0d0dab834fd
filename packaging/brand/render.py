"""Draw icon.svg with Chromium, in the sizes and shades that Home Assistant shows: python packaging/brand/render.py."""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
BRAND = HERE.parents[1] / "custom_components/local_voice/brand"
SIZE_PX = 256


def render() -> None:
    """Write the PNGs, on no background."""
    svg = (HERE / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scale, density in ((1, ""), (2, "@2x")):
            page = browser.new_page(viewport={"width": SIZE_PX, "height": SIZE_PX}, device_scale_factor=scale)
            for shade in ("", "dark"):
                page.set_content(f'<body class="{shade}" style="margin: 0">{svg}')
                name = "_".join(part for part in (shade, f"icon{density}.png") if part)
                page.screenshot(path=BRAND / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    render()

"""What the browser tests share: where Chromium is, and a page that keeps what it asked for and what it said."""

import re
import shutil
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WIDE = {"width": 1360, "height": 900}
PHONE = {"width": 360, "height": 740}


class Reader:
    """A page in its own browser context, with all that it asked for and all that it said."""

    def __init__(self, browser: Any, file: Path, **options: Any) -> None:
        self.context = browser.new_context(offline=True, reduced_motion="reduce", **{"viewport": WIDE, **options})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(file.as_uri())

    def _dismiss(self, dialog: Any) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def colour(self, selector: str, of: str = "color") -> str:
        """Return a computed colour as #rrggbb."""
        value = self.page.eval_on_selector(selector, "(element, of) => getComputedStyle(element)[of]", of)
        return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", value)[:3])

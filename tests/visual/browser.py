"""Chromium without a window: opens pages of this machine, tells what a person sees there, and takes
pictures of it."""

import json
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-background-networking",
             "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1", "--lang=en-US")
LONGEST_S = 30


class Browser:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="tocsin-browser-")
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in (*ARGUMENTS, f"--user-data-dir={self.profile.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(LONGEST_S)
        self.driver.set_script_timeout(LONGEST_S)

    def stop(self):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, page, scheme="light", width=720):
        """page: a file or a URL. scheme: what the person's system asks for, `light` or `dark`; width
        in CSS pixels. Nothing of another page is left."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.width = width
        self._resize(600)
        self.errors()
        self.driver.get(Path(page).as_uri() if isinstance(page, Path) else page)

    def run(self, script, *arguments):
        """What the script returns; it may be asynchronous (`return await ...`)."""
        answer = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async (...args) => {{ {script} }})(...Array.from(arguments).slice(0, -1))"
            ".then(value => done({value}), error => done({error: String(error && error.stack)}));",
            *arguments)
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def text(self, selector="body"):
        """What can be read there, without what is hidden."""
        return self.run("return document.querySelector(args[0]).innerText", selector)

    def links(self, selector="body"):
        """(text, href as written) of each."""
        return [tuple(pair) for pair in self.run(
            "return Array.from(document.querySelectorAll(args[0] + ' a'), "
            "link => [link.innerText, link.getAttribute('href')])", selector)]

    def count(self, selector):
        return self.run("return document.querySelectorAll(args[0]).length", selector)

    def errors(self):
        """What the page complained of since the last call: faults in scripts, what was not found."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"]

    def picture(self, path):
        """The whole page at its width and no more, as PNG."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._resize(1)  # else a low page would be as high as the window
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        self._resize(size["height"])
        assert self.driver.save_screenshot(str(path)), f"{path} could not be written"

    def _resize(self, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": self.width, "height": int(height), "deviceScaleFactor": 1, "mobile": False})


def script_text(value):
    """JSON to stand in a <script> element, whatever is in it."""
    return json.dumps(value).replace("<", "\\u003c").replace("\u2028", "\\u2028")

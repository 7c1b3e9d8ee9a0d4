"""One page in a headless Chromium, spoken to by the Chrome DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

import websocket

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SETTINGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_PATIENCE = 60  # seconds for a start, a page, an answer


class BrowserMissingError(Exception):
    """No Chromium is installed."""


class Page:
    """A page that is open while the ``with`` block runs.

    Args:
        url: what to open.
        width: of the window, in pixels.

    Raises:
        BrowserMissingError: no Chromium is installed.
        TimeoutError: the browser does not start, or the page does not load.
    """

    def __init__(self, url: str, *, width: int) -> None:
        self._url = url
        self._width = width
        self._number = 0
        self._open = ExitStack()

    def __enter__(self) -> Page:
        with self._open as opening:
            profile = Path(opening.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            process = opening.enter_context(_browser(profile))
            opening.callback(process.terminate)
            self._socket = websocket.create_connection(_address(profile), timeout=_PATIENCE, suppress_origin=True)
            opening.callback(self._socket.close)
            self._open = opening.pop_all()
        self._send(
            "Emulation.setDeviceMetricsOverride", width=self._width, height=800, deviceScaleFactor=1, mobile=False
        )
        self._send("Page.enable")
        self._send("Page.navigate", url=self._url)
        self._wait_for("Page.loadEventFired")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, None where it has none; a promise is waited for."""
        answer = self._send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    def screenshot(self, *, top: int, height: int) -> bytes:
        """A PNG of the page's full width, ``height`` pixels from ``top`` on."""
        clip = {"x": 0, "y": top, "width": self._width, "height": height, "scale": 1}
        answer = self._send("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv())).get("id") != self._number:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _wait_for(self, event: str) -> None:
        while json.loads(self._socket.recv()).get("method") != event:
            pass


def _browser(profile: Path) -> subprocess.Popen[bytes]:
    command = next(filter(None, map(shutil.which, _NAMES)), None)
    if command is None:
        raise BrowserMissingError("a picture needs Chromium: apt install chromium, or write the page with --html")
    return subprocess.Popen(
        [command, *_SETTINGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _address(profile: Path) -> str:
    """The web socket of the browser's first page, as soon as the browser has written down its port."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            port = (profile / "DevToolsActivePort").read_text().split()[0]
            with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                return next(page["webSocketDebuggerUrl"] for page in json.load(answer) if page["type"] == "page")
        except (OSError, IndexError, StopIteration):
            time.sleep(0.1)
    raise TimeoutError(f"Chromium did not start within {_PATIENCE} seconds")

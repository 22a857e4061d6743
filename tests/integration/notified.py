"""A service manager's end of sd_notify(3): a datagram socket that keeps what it is told. It hears all the
while, in a thread: the kernel keeps a few datagrams that nobody takes, and the next one has to wait."""

import os
import socket
import tempfile
import threading
import time

from tocsin import wait_until


class Manager:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()  # a socket's path must be short
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.05)
        self.heard = []  # (seconds, {"READY": "1", ...}), in order; appended to by the thread alone
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._hear, daemon=True)
        self.thread.start()

    def _hear(self):
        while not self.ends.is_set():
            try:
                text = self.socket.recv(65536).decode()
            except TimeoutError:
                continue
            fields = dict(line.split("=", 1) for line in text.splitlines())
            self.heard.append((time.monotonic(), fields))

    def stop(self):
        """It goes away, and so does its socket."""
        self.ends.set()
        self.thread.join()
        self.socket.close()
        self.folder.cleanup()

    def told(self):
        """All but the watchdog's."""
        return [fields for _, fields in list(self.heard) if "WATCHDOG" not in fields]

    def of(self, key):
        """Each value that it was told under that name."""
        return [fields[key] for _, fields in list(self.heard) if key in fields]

    def wait_for(self, key, value, count=1, timeout=30):
        wait_until(lambda: self.of(key).count(value) >= count,
                   f"{key}={value}, {count} times", timeout)

    def meals(self):
        """When it was told that the watchdog may wait."""
        return [when for when, fields in list(self.heard) if fields.get("WATCHDOG") == "1"]

"""A service manager's end of sd_notify(3): a datagram socket that keeps what it is told."""

import os
import socket
import tempfile
import time

from tocsin import wait_until


class Manager:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()  # a socket's path must be short
        self.path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.heard = []  # (seconds, {"READY": "1", ...}), in order

    def start(self):
        return self

    def stop(self):
        self.socket.close()
        self.folder.cleanup()

    def listen(self):
        while True:
            try:
                text = self.socket.recv(65536).decode()
            except BlockingIOError:
                return self.heard
            fields = dict(line.split("=", 1) for line in text.splitlines())
            self.heard.append((time.monotonic(), fields))

    def of(self, key):
        """Each value that it was told under that name."""
        return [fields[key] for _, fields in self.listen() if key in fields]

    def wait_for(self, key, value, count=1, timeout=30):
        wait_until(lambda: self.of(key).count(value) >= count,
                   f"{key}={value}, {count} times; it was told {self.listen()}", timeout)

    def meals(self):
        return [when for when, fields in self.listen() if fields.get("WATCHDOG") == "1"]

"""A stand-in for a syslog server: UDP (RFC 5426), TCP with both framings of RFC 6587, told apart by
the first byte as rsyslog does, and a unix datagram socket. It keeps what came and reads nothing
into it (the message's syntax is RFC 5424's)."""

import shutil
import socket
import tempfile
import threading
from pathlib import Path


class Syslog:
    """Raw messages, as bytes and without their frames, in order of arrival. `url` is that of the
    chosen transport. Every member may be used from any thread."""

    def __init__(self, transport="tcp"):
        self.received = []
        self._changed = threading.Condition()
        self._clients = set()
        self._stopping = False
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-syslog-"))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._udp.bind(("127.0.0.1", 0))
        self._unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._unix.bind(str(self._folder / "log"))
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.urls = {
            "udp": "udp://127.0.0.1:%d" % self._udp.getsockname()[1],
            "tcp": "tcp://127.0.0.1:%d" % self._tcp.getsockname()[1],
            "unix": f"unix://{self._folder / 'log'}",
        }
        self.url = self.urls[transport]
        self._threads = [
            threading.Thread(target=self._read_datagrams, args=(self._udp,), daemon=True),
            threading.Thread(target=self._read_datagrams, args=(self._unix,), daemon=True),
            threading.Thread(target=self._accept, daemon=True)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, n, timeout=20):
        """Waits until n messages have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= n, timeout):
                raise AssertionError(f"{len(self.received)} messages after {timeout} s, not {n}")
            return self.received[:]

    @staticmethod
    def as_text(entry):
        return entry.decode("utf-8", "backslashreplace")

    def hang_up(self):
        """Closes the TCP connections there are, as a server does that starts again."""
        with self._changed:
            clients = list(self._clients)
        for client in clients:
            shut(client)

    def stop(self):
        with self._changed:
            self._stopping = True
        # A datagram without bytes wakes a reader that no shutdown() reaches.
        for kind, sock in ((socket.AF_INET, self._udp), (socket.AF_UNIX, self._unix)):
            with socket.socket(kind, socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", sock.getsockname())
        shut(self._tcp)
        self.hang_up()
        for thread in self._threads:
            thread.join()
        for sock in (self._udp, self._unix, self._tcp):
            sock.close()
        shutil.rmtree(self._folder)

    # What comes in --------------------------------------------------------------------------

    def _keep(self, message):
        with self._changed:
            self.received.append(message)
            self._changed.notify_all()

    def _read_datagrams(self, sock):
        while True:
            message = sock.recv(65536)
            with self._changed:
                if self._stopping:
                    return
            if message:
                self._keep(message)

    def _accept(self):
        while True:
            try:
                client, _ = self._tcp.accept()
            except OSError:
                return  # stop() shut it
            with self._changed:
                if self._stopping:
                    client.close()
                    return
                self._clients.add(client)
            threading.Thread(target=self._read_stream, args=(client,), daemon=True).start()

    def _read_stream(self, client):
        try:
            with client, client.makefile("rb") as stream:
                while (message := read_frame(stream)) is not None:
                    self._keep(message)
        except OSError:
            pass  # the client broke off
        finally:
            with self._changed:
                self._clients.discard(client)


def shut(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already


def read_frame(stream):
    """RFC 6587 3.4.1 and 3.4.2; None at the end, also of a frame that is not whole."""
    first = stream.read(1)
    if not first:
        return None
    if not first.isdigit():
        line = first + stream.readline()
        return line[:-1] if line.endswith(b"\n") else None
    digits = first
    while (byte := stream.read(1)).isdigit():
        digits += byte
    if byte != b" " or len(digits) > 9:
        return None
    message = stream.read(int(digits))
    return message if len(message) == int(digits) else None

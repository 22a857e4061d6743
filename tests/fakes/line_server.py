"""A far end that takes a line a connection over TCP and answers with one, for the template's deliver
sink."""

import socket
import threading


class LineServer:
    """`answers` (bytes) are given in turn, the last one again and again; an empty one is none: the
    connection is closed."""

    def __init__(self, answers=(b"ok",)):
        self.lines = []
        self._answers = list(answers)
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "tcp://127.0.0.1:%d" % self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def wait_for(self, n, timeout=20):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.lines) >= n, timeout), self.lines
            return self.lines[:]

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as stream:
                client.settimeout(20)
                line = stream.readline().decode()
                with self._changed:
                    answer = self._answers[min(len(self.lines), len(self._answers) - 1)]
                    self.lines.append(line.removesuffix("\n"))
                    self._changed.notify_all()
                if answer:
                    stream.write(answer + b"\n")

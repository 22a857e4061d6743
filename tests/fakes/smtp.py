"""A stand-in for a mail server.

Commands, replies, their order and dot-stuffing are RFC 5321's (4.1, 4.2, 4.5.2), the texts' codes
RFC 3463's, STARTTLS RFC 3207's, AUTH RFC 4954's, with PLAIN (RFC 4616) and LOGIN (no RFC; clients
do what draft-murchison-sasl-login says).
"""

import base64
import email
import email.policy
import re
import socket
import socketserver
import ssl
import threading
import time

STAGES = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "dot")


class Smtp:
    """Takes every mail unless told otherwise. With certificate and key it offers STARTTLS; with
    user and password it offers AUTH (under TLS only, if it has that) and takes mail from nobody
    else. Every member may be used from any thread."""

    def __init__(self, certificate=None, key=None, user=None, password=None, port=0):
        self.received = []
        self.user, self.password = user, password
        self.refused = {}  # address: the reply to its RCPT, as long as it stands here
        self._failures = []
        self._clients = set()
        self._stopping = False
        self._changed = threading.Condition()
        self._tls = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, key)
        smtp = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                smtp._serve(self.request)

        self._server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", port), Handler, bind_and_activate=False)
        self._server.daemon_threads = True
        self._server.allow_reuse_address = True
        self._server.server_bind()
        self._server.server_activate()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def fail_next(self, n, stage, reply=None):
        """The next n commands of that stage (greeting EHLO AUTH MAIL RCPT DATA dot) get that reply:
        a text, a code, or 0 for a connection closed without a word. fail_next(1, 451) is MAIL's."""
        if reply is None:
            stage, reply = "MAIL", stage
        assert stage in STAGES, stage
        if isinstance(reply, int) and reply:
            reply = f"{reply} {reply // 100}.0.0 as scripted"
        with self._changed:
            self._failures += [(stage, reply)] * n

    def wait_for(self, n, timeout=20):
        """Waits until n mails have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= n, timeout):
                raise AssertionError(f"{len(self.received)} mails after {timeout} s, not {n}")
            return self.received[:]

    @staticmethod
    def as_text(entry):
        """What a person reads: the subject, and the body as text."""
        message = entry["message"]
        body = message.get_body(("plain", "html"))
        content = body.get_content().replace("\r\n", "\n") if body else ""
        return f"Subject: {message['Subject']}\n\n{content}"

    def stop(self):
        with self._changed:
            self._stopping = True
            clients = list(self._clients)
        for client in clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has left by itself
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # What one client gets -------------------------------------------------------------------

    def _serve(self, connection):
        with self._changed:
            if self._stopping:
                return
            self._clients.add(connection)
        try:
            Session(self, connection).run()
        except (OSError, EOFError, Hangup):
            pass  # the client left, or was to be left
        finally:
            with self._changed:
                self._clients.discard(connection)

    def _scripted(self, stage):
        """The reply that was asked for, None if there is none."""
        with self._changed:
            for i, (failing, reply) in enumerate(self._failures):
                if failing == stage:
                    del self._failures[i]
                    return reply
        return None

    def _keep(self, mail_from, rcpts, raw):
        entry = {"time": time.time(), "mail_from": mail_from, "rcpts": rcpts, "raw": raw,
                 "message": email.message_from_bytes(raw, policy=email.policy.default)}
        with self._changed:
            self.received.append(entry)
            self._changed.notify_all()
            return len(self.received)


class Hangup(Exception):
    pass


class Session:
    """One connection: what was said so far, and what may follow."""

    def __init__(self, smtp, connection):
        self.smtp = smtp
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.is_encrypted = False
        self.is_known = smtp.user is None
        self.mail_from = None
        self.rcpts = []

    def run(self):
        if self.answer("greeting", "220 fake.example.org ESMTP"):
            while True:
                line = self.read_line()
                verb, _, rest = line.partition(" ")
                handler = getattr(self, "on_" + verb.lower(), None)
                if not handler:
                    self.say("502 5.5.2 command not recognised")
                elif handler(rest) is False:
                    return

    def read_line(self):
        line = self.lines.readline(65536)
        if not line.endswith(b"\n"):
            raise EOFError
        return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")

    def say(self, reply):
        self.connection.sendall(reply.encode() + b"\r\n")

    def answer(self, stage, reply):
        """Says what is scripted for the stage, else the reply; true if that was the reply."""
        scripted = self.smtp._scripted(stage)
        if scripted == 0:
            # Now, not when the reader is collected, which holds the socket open as well.
            self.connection.shutdown(socket.SHUT_RDWR)
            raise Hangup
        self.say(reply if scripted is None else scripted)
        return scripted is None

    def forget_mail(self):
        self.mail_from, self.rcpts = None, []

    def on_ehlo(self, _name):
        extensions = ["fake.example.org", "SIZE 10485760", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self.smtp._tls and not self.is_encrypted:
            extensions.append("STARTTLS")
        if self.smtp.user and (self.is_encrypted or not self.smtp._tls):
            extensions.append("AUTH PLAIN LOGIN")
        self.forget_mail()
        lines = [f"250-{text}" for text in extensions[:-1]] + [f"250 {extensions[-1]}"]
        self.answer("EHLO", "\r\n".join(lines))

    def on_helo(self, _name):
        self.forget_mail()
        self.say("250 fake.example.org")

    def on_starttls(self, _rest):
        if not self.smtp._tls or self.is_encrypted:
            self.say("503 5.5.1 no TLS here")
            return
        self.say("220 2.0.0 go ahead")
        plain = self.connection
        self.connection = self.smtp._tls.wrap_socket(plain, server_side=True)
        with self.smtp._changed:
            # wrap_socket() moved the descriptor over.
            self.smtp._clients.discard(plain)
            self.smtp._clients.add(self.connection)
        self.lines = self.connection.makefile("rb")
        self.is_encrypted = True
        self.forget_mail()

    def on_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        if self.smtp.user is None or (self.smtp._tls and not self.is_encrypted):
            self.say("503 5.5.1 AUTH is not offered")
            return
        try:
            user, password = self.read_login(mechanism.upper(), initial)
        except ValueError:
            self.say("501 5.5.2 cannot decode that")
            return
        except NotImplementedError:
            self.say("504 5.5.4 mechanism not known")
            return
        if (user, password) != (self.smtp.user, self.smtp.password):
            self.say("535 5.7.8 authentication credentials invalid")
        elif self.answer("AUTH", "235 2.7.0 authentication successful"):
            self.is_known = True

    def read_login(self, mechanism, initial):
        if mechanism == "PLAIN":
            _, user, password = self.ask("", initial).split("\0")
            return user, password
        if mechanism == "LOGIN":
            return self.ask("Username:", initial), self.ask("Password:")
        raise NotImplementedError(mechanism)

    def ask(self, prompt, initial=""):
        """The initial response, or what the client says to the prompt."""
        if not initial:
            self.say("334 " + base64.b64encode(prompt.encode()).decode())
            initial = self.read_line()
        return base64.b64decode(initial).decode()

    def on_mail(self, rest):
        address = re.match(r"FROM:\s*<([^>]*)>", rest, re.IGNORECASE)
        if not self.is_known:
            self.say("530 5.7.0 authentication required")
        elif not address:
            self.say("501 5.5.4 syntax: MAIL FROM:<address>")
        elif self.mail_from is not None:
            self.say("503 5.5.1 nested MAIL")
        elif self.answer("MAIL", "250 2.1.0 ok"):
            self.mail_from = address[1]

    def on_rcpt(self, rest):
        address = re.match(r"TO:\s*<([^>]+)>", rest, re.IGNORECASE)
        if self.mail_from is None:
            self.say("503 5.5.1 MAIL first")
        elif not address:
            self.say("501 5.5.4 syntax: RCPT TO:<address>")
        elif address[1] in self.smtp.refused:
            self.say(self.smtp.refused[address[1]])
        elif self.answer("RCPT", "250 2.1.5 ok"):
            self.rcpts.append(address[1])

    def on_data(self, _rest):
        if not self.rcpts:
            self.say("503 5.5.1 RCPT first")
            return
        if not self.answer("DATA", "354 end with a dot"):
            return
        raw = self.read_mail()
        mail_from, rcpts = self.mail_from, self.rcpts
        self.forget_mail()
        scripted = self.smtp._scripted("dot")
        if scripted is None:
            self.say(f"250 2.0.0 queued as F{self.smtp._keep(mail_from, rcpts, raw)}")
        elif scripted == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            raise Hangup
        else:
            self.say(scripted)

    def read_mail(self):
        """Up to the lone dot; only CRLF ends a line (RFC 5321 2.3.8)."""
        raw, line = b"", b""
        while True:
            part = self.lines.readline(65536)
            if not part:
                raise EOFError
            line += part
            if not line.endswith(b"\r\n"):
                continue
            if line == b".\r\n":
                return raw
            raw += line[1:] if line.startswith(b".") else line
            line = b""

    def on_rset(self, _rest):
        self.forget_mail()
        self.say("250 2.0.0 ok")

    def on_noop(self, _rest):
        self.say("250 2.0.0 ok")

    def on_quit(self, _rest):
        self.say("221 2.0.0 bye")
        return False

"""A real Dovecot from Debian's package: keeps the mail that Postfix delivers, shows it over IMAP, and
says to Postfix who may log in. Beside it the OAuth server that it asks about tokens."""

import http.server
import imaplib
import json
import os
import re
import shlex
import shutil
import tempfile
import threading
import urllib.parse
from pathlib import Path

import mime
from peers import Peer
from tocsin import wait_until

PASSWORD = "correct horse"  # everybody's


class TokenServer:
    """What Dovecot asks who a token is for; whoever is not in `users` has none."""

    def __init__(self):
        self.users = {}  # token: user
        self.asked = []
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                token = query.get("access_token", [""])[0]
                tokens.asked.append(token)
                user = tokens.users.get(token)
                answer = {"email": user, "expires_in": 1800} if user else {"error": "invalid_token"}
                body = json.dumps(answer).encode()
                self.send_response(200 if user else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/tokeninfo?access_token="

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Dovecot(Peer):
    """Needs root, as its master does; its users are some that every Debian has."""

    package = "dovecot-imapd"

    def __init__(self, folder, tokens):
        super().__init__(folder)
        assert os.geteuid() == 0, "Dovecot's master needs root"
        # Its processes run as other users, who may not enter a test's folder.
        self.home = Path(tempfile.mkdtemp(prefix="tocsin-dovecot-"))
        self.home.chmod(0o755)
        self.auth = self.home / "run" / "login-for-postfix"
        self.mail = self.home / "mail"
        for name in ("run", "state", "mail"):
            (self.home / name).mkdir()
        os.chown(self.mail, 65534, 65534)
        self.config = self.home / "dovecot.conf"
        self._write_config(tokens)
        self.launch(*self.command("master", "usr/sbin/dovecot", "-F", "-c", self.config))
        self.wait_ready(self.auth.exists)

    def command(self, service, program, *arguments):
        """Its programs look for doveconf in /usr/bin, unless doveconf runs them."""
        return (self.root / "usr/bin/doveconf", "-f", f"service={service}", "-c", self.config,
                "-m", service, "-e", self.root / program, *arguments)

    def _write_config(self, tokens):
        (self.home / "users").write_text("".join(
            f"{name}@example.org:{{PLAIN}}{PASSWORD}\n" for name in ("duty", "night", "tocsin")))
        (self.home / "oauth2.conf").write_text(
            f"tokeninfo_url = {tokens.url}\nusername_attribute = email\n")
        self.config.write_text(f"""protocols =
base_dir = {self.home}/run
state_dir = {self.home}/state
libexec_dir = {self.root}/usr/lib/dovecot
mail_plugin_dir = {self.root}/usr/lib/dovecot/modules
import_environment = LD_LIBRARY_PATH
log_path = {self.home}/log
auth_verbose = yes
default_internal_user = mail
default_internal_group = mail
default_login_user = games
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {self.home}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = username_format=%u {self.home}/users
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={self.home}/mail/%n allow_all_users=yes
}}
mail_location = maildir:{self.home}/mail/%n
first_valid_uid = 1000
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener {self.auth.name} {{
    mode = 0666
  }}
}}
""")

    def mailbox(self, name):
        return Mailbox(self, f"{name}@example.org")

    def log(self):
        return (self.home / "log").read_text(errors="replace")

    def stop(self):
        super().stop()
        shutil.rmtree(self.home)


class Mailbox:
    """One user's inbox, by IMAP. The server speaks on a pipe and asks for no password, since the
    process that would listen looks for its modules in /usr/lib only."""

    def __init__(self, dovecot, user):
        command = dovecot.command("imap", "usr/lib/dovecot/imap", "-u", user)
        self.imap = imaplib.IMAP4_stream(shlex.join(
            ["env", f"LD_LIBRARY_PATH={dovecot.library_path()}", *map(str, command)]))

    def count(self):
        status, data = self.imap.select("INBOX", readonly=True)
        assert status == "OK", data
        return int(data[0])

    def wait_for(self, n, timeout=30):
        wait_until(lambda: self.count() >= n, f"{n} mails in the inbox", timeout)
        return [self.mail(number) for number in range(1, self.count() + 1)]

    def mail(self, number):
        status, data = self.imap.fetch(str(number), "(BODY.PEEK[])")
        assert status == "OK", data
        return mime.read(data[0][1])

    def threads(self):
        """The numbers of the mails that the server puts together (RFC 5256, REFERENCES)."""
        status, data = self.imap.thread("REFERENCES", "UTF-8", "ALL")
        assert status == "OK", data
        return read_threads((data[0] or b"").decode())

    def close(self):
        self.imap.logout()


def read_threads(text):
    """[{1, 2, 3}, {4}] of "(1 2 3)(4)": what stands in the outermost brackets is together."""
    threads, depth, began = [], 0, 0
    for at, letter in enumerate(text):
        if letter == "(":
            began = at if depth == 0 else began
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                threads.append({int(number) for number in re.findall(r"\d+", text[began:at])})
    return threads

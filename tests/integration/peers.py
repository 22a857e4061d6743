"""Real far ends from Debian's packages, unpacked by tests/peers/fetch.sh and run from there: on ports
of the system's choice, in folders of the test, as no service of this machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tocsin import wait_until

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "peers"  # where ./run puts them


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Peer:
    """A daemon from a package that was unpacked, not installed."""

    package = None

    def __init__(self, folder):
        self.root = UNPACKED / self.package
        assert (self.root / ".complete").exists(), \
            f"{self.package} is not unpacked: tests/peers/fetch.sh {UNPACKED} {self.package}"
        self.root = self.root.resolve()
        self.folder = Path(folder) / self.package
        self.folder.mkdir()
        self.process = None

    def library_path(self):
        return os.pathsep.join(sorted({str(lib.parent) for lib in self.root.glob("**/lib*.so*")}))

    def launch(self, *command, **env):
        log = open(self.folder / "daemon.log", "wb")
        with log:
            self.process = subprocess.Popen(
                [str(word) for word in command], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "LD_LIBRARY_PATH": self.library_path(), **env})

    def said(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def wait_ready(self, is_ready):
        def ready():
            assert self.process.poll() is None, f"{self.package} ended:\n{self.said()}"
            return is_ready()
        wait_until(ready, f"{self.package} ready")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)


class SyslogServer(Peer):
    """What came stands in a file, a line each: facility, severity, host, program, msgid, message."""

    def __init__(self, folder):
        super().__init__(folder)
        self.file = self.folder / "received"
        self.udp, self.tcp = free_port(socket.SOCK_DGRAM), free_port()

    def received(self):
        if not self.file.exists():
            return []
        return [line.split("\t") for line in self.file.read_text().splitlines()]

    def wait_for(self, n, timeout=30):
        wait_until(lambda: len(self.received()) >= n, f"{n} messages at {self.package}", timeout)
        return self.received()


class Rsyslog(SyslogServer):
    package = "rsyslog"

    def __init__(self, folder):
        super().__init__(folder)
        # A socket's path has room for 107 bytes, and a test's folder may be deep.
        self.short = Path(tempfile.mkdtemp(prefix="tocsin-"))
        self.socket = self.short / "log"
        modules, = self.root.glob("usr/lib/*/rsyslog")
        config = self.folder / "rsyslog.conf"
        config.write_text(f"""
global(workDirectory="{self.folder}" maxMessageSize="64k")
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
template(name="fields" type="string" string="%syslogfacility-text%\t%syslogseverity%\t%hostname%\t%app-name%\t%msgid%\t%msg:::drop-last-lf%\n")
ruleset(name="keep") {{ action(type="omfile" file="{self.file}" template="fields") }}
input(type="imudp" address="127.0.0.1" port="{self.udp}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{self.tcp}" ruleset="keep")
input(type="imuxsock" socket="{self.socket}" ruleset="keep")
""")
        self.launch(self.root / "usr/sbin/rsyslogd", "-n", "-M", modules, "-f", config,
                    "-i", self.folder / "pid")
        self.wait_ready(lambda: is_listening(self.tcp) and self.socket.exists())

    def stop(self):
        super().stop()
        shutil.rmtree(self.short)


class SyslogNg(SyslogServer):
    package = "syslog-ng-core"

    def __init__(self, folder):
        super().__init__(folder)
        modules, = self.root.glob("usr/lib/syslog-ng/[0-9]*")
        config = self.folder / "syslog-ng.conf"
        config.write_text(f"""@version: {modules.name}
options {{ keep-hostname(yes); stats-freq(0); flush-lines(1); }};
source s {{ syslog(ip("127.0.0.1") port({self.tcp}) transport("tcp")); }};
destination d {{ file("{self.file}" template("$FACILITY\t$LEVEL_NUM\t$HOST\t$PROGRAM\t$MSGID\t$MSG\n")); }};
log {{ source(s); destination(d); }};
""")
        self.launch(self.root / "usr/sbin/syslog-ng", "-F", "--no-caps",
                    "--module-path", modules, "--cfgfile", config,
                    "--persist-file", self.folder / "persist", "--pidfile", self.folder / "pid",
                    "--control", self.folder / "control")
        self.wait_ready(lambda: is_listening(self.tcp))


class Postfix(Peer):
    """A mail server that keeps mail for duty@example.org; with_tls: STARTTLS or nothing. Needs
    root, as Postfix's master does; its users are two that every Debian has."""

    package = "postfix"
    owner, group = "mail", "operator"

    def __init__(self, folder, certificate=None, key=None):
        super().__init__(folder)
        assert os.geteuid() == 0, "Postfix's master needs root"
        self.port = free_port()
        # Its processes run as other users, who may not enter a test's folder.
        self.home = Path(tempfile.mkdtemp(prefix="tocsin-postfix-"))
        self.home.chmod(0o755)
        self._make_folders()
        self._write_config(certificate, key)
        daemons = self.root / "usr/lib/postfix/sbin"
        self.launch(daemons / "master", "-d", "-c", self.home / "etc",
                    MAIL_CONFIG=str(self.home / "etc"),
                    LD_LIBRARY_PATH=f"{self.root}/usr/lib/postfix:{self.library_path()}")
        self.wait_ready(lambda: is_listening(self.port))

    def _make_folders(self):
        for name in ("etc", "queue/pid"):
            (self.home / name).mkdir(parents=True)
        owner = pwd.getpwnam(self.owner).pw_uid
        for name in ("data", "queue/active", "queue/bounce", "queue/corrupt", "queue/defer",
                     "queue/deferred", "queue/flush", "queue/hold", "queue/incoming",
                     "queue/private", "queue/public", "queue/maildrop"):
            (self.home / name).mkdir(mode=0o700)
            os.chown(self.home / name, owner, -1)
        (self.home / "mail").mkdir()
        os.chown(self.home / "mail", 65534, 65534)

    def _write_config(self, certificate, key):
        tls = f"""
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
""" if certificate else ""
        (self.home / "etc/main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {self.home}/queue
data_directory = {self.home}/data
command_directory = {self.root}/usr/sbin
daemon_directory = {self.root}/usr/lib/postfix/sbin
meta_directory = {self.root}/etc/postfix
shlib_directory = {self.root}/usr/lib/postfix
mail_owner = {self.owner}
setgid_group = {self.group}
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
maillog_file = {self.home}/mail.log
maillog_file_prefixes = {self.home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
alias_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = inline:{{duty@example.org=duty/}}
virtual_mailbox_base = {self.home}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
{tls}""")
        (self.home / "etc/master.cf").write_text(f"""127.0.0.1:{self.port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
""")

    def mails(self):
        return [file.read_bytes() for file in sorted((self.home / "mail").glob("*/new/*"))]

    def wait_for(self, n, timeout=30):
        wait_until(lambda: len(self.mails()) >= n, f"{n} mails", timeout)
        return self.mails()

    def log(self):
        return (self.home / "mail.log").read_text()

    def stop(self):
        super().stop()
        shutil.rmtree(self.home)

"""Real far ends from Debian's packages, unpacked by tests/peers/fetch.sh and run from there: on ports
that are free, in folders of the test, as no service of this machine."""

import json
import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tocsin import wait_until

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "peers"  # where ./run puts them


def free_port(kind=socket.SOCK_STREAM):
    """Below those that the system gives to clients: none of them can take it before the server has
    bound it."""
    clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(100):
        port = random.randrange(clients // 2, clients)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError(f"no port is free from {clients // 2} to {clients}")


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
    """What came stands in a file, a JSON object a line: facility, severity, host, program, pid,
    msgid, message, and `json`, what the server's own JSON parser read in the message. Given a
    certificate and its key (which are their own authority), it speaks TLS as well: on `tls` to
    everybody, on `mutual` to those who show that certificate."""

    modules = ()  # more packages, with more modules of the server

    def __init__(self, folder, certificate=None, key=None):
        super().__init__(folder)
        self.roots = [self.root]
        for package in self.modules:
            assert (UNPACKED / package / ".complete").exists(), \
                f"{package} is not unpacked: tests/peers/fetch.sh {UNPACKED} {package}"
            self.roots.append((UNPACKED / package).resolve())
        self.file = self.folder / "received"
        self.udp, self.tcp, self.lines = free_port(socket.SOCK_DGRAM), free_port(), free_port()
        self.tls, self.mutual = (free_port(), free_port()) if certificate else (None, None)
        # A socket's path has room for 107 bytes, and a test's folder may be deep.
        self.short = Path(tempfile.mkdtemp(prefix="tocsin-"))
        self.socket = self.short / "log"
        self.serve(certificate, key)
        self.wait_ready(lambda: self.socket.exists() and all(
            is_listening(port) for port in (self.tcp, self.tls, self.mutual) if port))

    def library_path(self):
        return os.pathsep.join(sorted(
            {str(lib.parent) for root in self.roots for lib in root.glob("**/lib*.so*")}))

    def received(self):
        if not self.file.exists():
            return []
        whole = self.file.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def wait_for(self, n, timeout=30):
        wait_until(lambda: len(self.received()) >= n, f"{n} messages at {self.package}", timeout)
        return self.received()

    def stop(self):
        super().stop()
        shutil.rmtree(self.short)


class Rsyslog(SyslogServer):
    """It takes lines and counted messages on the same port, and RFC 5424 on a unix socket that is
    told to be none for local programs."""

    package = "rsyslog"
    modules = ("rsyslog-gnutls",)

    def serve(self, certificate, key):
        self.lines = self.tcp
        tls = f"""
input(type="imtcp" address="127.0.0.1" port="{self.tls}" ruleset="keep"
      StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" address="127.0.0.1" port="{self.mutual}" ruleset="keep"
      StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/name"
      PermittedPeer=["localhost"])
""" if certificate else ""
        files = f"""DefaultNetstreamDriverCAFile="{certificate}"
       DefaultNetstreamDriverCertFile="{certificate}" DefaultNetstreamDriverKeyFile="{key}"
""" if certificate else ""
        fields = ",".join(
            rf'\"{name}\":\"%{source}%\"' for name, source in {
                "facility": "syslogfacility-text", "severity": "syslogseverity",
                "host": "hostname:::json", "program": "app-name:::json", "pid": "procid:::json",
                "msgid": "msgid:::json", "sd": "structured-data:::json",
                "time": "timereported:::date-rfc3339", "message": "msg:::json,drop-last-lf",
                "parsed": "parsesuccess"}.items())
        config = self.folder / "rsyslog.conf"
        config.write_text(rf"""
global(workDirectory="{self.folder}" maxMessageSize="64k"
       parser.escapeControlCharacterTab="off" {files})
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
module(load="mmjsonparse")
template(name="record" type="string" string="{{{fields},\"json\":%$!all-json%}}\n")
ruleset(name="keep") {{
    action(type="mmjsonparse" cookie="@cee:")
    action(type="omfile" file="{self.file}" template="record")
}}
input(type="imudp" address="127.0.0.1" port="{self.udp}" ruleset="keep")
input(type="imtcp" address="127.0.0.1" port="{self.tcp}" ruleset="keep")
input(type="imuxsock" socket="{self.short / 'rfc5424'}" ruleset="keep"
      useSpecialParser="off" parseHostname="on")
input(type="imuxsock" socket="{self.socket}" ruleset="keep")
{tls}""")
        folders = [str(path) for root in self.roots for path in root.glob("usr/lib/*/rsyslog")]
        self.launch(self.root / "usr/sbin/rsyslogd", "-n", "-M", ":".join(folders), "-f", config,
                    "-i", self.folder / "pid")


class SyslogNg(SyslogServer):
    """`tcp` and `tls` take counted messages of RFC 5424, `lines` and `udp` the older form. What its
    parsers read stands in `_SDATA`, and in `leef` and `leef.kv`."""

    package = "syslog-ng-core"

    def serve(self, certificate, key):
        def tls(port, verify):
            return f"""
    syslog(ip("127.0.0.1") port({port}) transport("tls") tls(
        key-file("{key}") cert-file("{certificate}") ca-file("{certificate}")
        peer-verify({verify})));"""

        modules, = self.root.glob("usr/lib/syslog-ng/[0-9]*")
        secure = tls(self.tls, "optional-untrusted") + tls(self.mutual, "required-trusted") \
            if certificate else ""
        record = ("$(format-json facility=$FACILITY severity=$LEVEL_NUM host=$HOST program=$PROGRAM"
                  " pid=$PID msgid=$MSGID message=$MESSAGE time=$ISODATE"
                  " --key .SDATA.* --key json.* --key leef.*)")
        config = self.folder / "syslog-ng.conf"
        config.write_text(rf"""@version: {modules.name}
options {{ keep-hostname(yes); stats-freq(0); flush-lines(1); }};
source s {{
    syslog(ip("127.0.0.1") port({self.tcp}) transport("tcp"));
    network(ip("127.0.0.1") port({self.lines}) transport("tcp"));
    network(ip("127.0.0.1") port({self.udp}) transport("udp"));
    unix-dgram("{self.socket}");{secure}
}};
parser leef_header {{
    csv-parser(columns("leef.version", "leef.vendor", "leef.product", "leef.product_version",
        "leef.event", "leef.delimiter", "leef.attributes")
        delimiters(chars("|")) quote-pairs('') flags(greedy));
}};
parser leef_attributes {{
    kv-parser(prefix("leef.kv.") pair-separator("\t") template("${{leef.attributes}}"));
}};
destination d {{ file("{self.file}" template("{record}\n")); }};
log {{
    source(s);
    if {{ parser {{ json-parser(prefix("json.")); }}; }};
    if (program("LEEF")) {{ parser(leef_header); parser(leef_attributes); }};
    destination(d);
}};
""")
        self.launch(self.root / "usr/sbin/syslog-ng", "-F", "--no-caps",
                    "--module-path", modules, "--cfgfile", config,
                    "--persist-file", self.folder / "persist", "--pidfile", self.folder / "pid",
                    "--control", self.folder / "control")


class Nginx(Peer):
    """A proxy in front: the `server` block is given, and what is more for `http`. Its log has a line a
    request: the sender's address, nginx's status, and that of each answer from behind."""

    package = "nginx-light"

    def __init__(self, folder, server, http=""):
        super().__init__(folder)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(f"""
daemon off;
{user}
pid nginx.pid;
error_log stderr info;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    log_format answers "$remote_addr $status $upstream_status";
    access_log answers.log answers;
    {http}
{server}
}}
""")
        self.launch(self.root / "usr/sbin/nginx", "-p", f"{self.folder}/", "-e", "stderr",
                    "-c", "nginx.conf")

    def answers(self):
        """Of the requests so far, oldest first: address, status, and the status from behind."""
        file = self.folder / "answers.log"
        return [tuple(line.split(" ", 2)) for line in file.read_text().splitlines()]


class Postfix(Peer):
    """A mail server that keeps mail for duty@ and night@example.org. With a certificate: STARTTLS or
    nothing, and TLS from the first byte at smtps_port; with a Dovecot: only from who logs in there.
    Needs root, as Postfix's master does; its users are two that every Debian has."""

    package = "postfix"
    owner, group = "mail", "operator"

    def __init__(self, folder, certificate=None, key=None, dovecot=None, settings=""):
        super().__init__(folder)
        assert os.geteuid() == 0, "Postfix's master needs root"
        self.port = free_port()
        self.smtps_port = free_port()
        # Its processes run as other users, who may not enter a test's folder.
        self.home = Path(tempfile.mkdtemp(prefix="tocsin-postfix-"))
        self.home.chmod(0o755)
        self.mail = dovecot.mail if dovecot else self.home / "mail"
        self._make_folders()
        self._write_config(certificate, key, dovecot, settings)
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

    def _write_config(self, certificate, key, dovecot, settings):
        tls = f"""
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
""" if certificate else ""
        login = f"""
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot.auth}
smtpd_tls_auth_only = yes
smtpd_client_restrictions = permit_sasl_authenticated, reject
""" if dovecot else ""
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
virtual_mailbox_maps = inline:{{duty@example.org=duty/, night@example.org=night/}}
virtual_mailbox_base = {self.mail}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
{tls}{login}{settings}""")
        (self.home / "etc/master.cf").write_text(f"""127.0.0.1:{self.port} inet n - n - - smtpd
127.0.0.1:{self.smtps_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
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
        return [file.read_bytes() for file in sorted(self.mail.glob("*/new/*"))]

    def wait_for(self, n, timeout=30):
        wait_until(lambda: len(self.mails()) >= n, f"{n} mails", timeout)
        return self.mails()

    def log(self):
        return (self.home / "mail.log").read_text()

    def stop(self):
        super().stop()
        shutil.rmtree(self.home)

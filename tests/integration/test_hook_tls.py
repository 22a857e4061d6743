"""The hook listener with TLS: who gets through, whose handshake fails and what is told of it, and
that another certificate comes into use without a restart, or not at all when it is no good."""

import http.client
import json
import os
import re
import resource
import shutil
import ssl
import subprocess

import pytest

import certificates
import metrics
import sinks
from raw_http import HEAD, event, exchange, post, read_reply
from tocsin import HOOK_PATH, run, wait_until


@pytest.fixture
def pair(tmp_path):
    """The certificate and the key that the daemon's files hold at first."""
    folder = tmp_path / "files"
    folder.mkdir()
    certificate, key = certificates.make(folder, days=90)
    shutil.copy(certificate, folder / "cert.pem")
    shutil.copy(key, folder / "key.pem")
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def make_secure(make_daemon, pair):
    def make(listen="127.0.0.1:0", settings="", **tls):
        block = {"address": listen, "tls": {"cert": str(pair[0]), "key": str(pair[1]), **tls}}
        return make_daemon({"chat": sinks.unreachable()}, listen=json.dumps(block),
                           settings=settings)
    return make


@pytest.fixture
def daemon(make_secure):
    return make_secure().start()


def trust(certificate):
    """What a sender knows that trusts this certificate."""
    return ssl.create_default_context(cafile=certificate)


def secure_post(daemon, context, body=b'{"type":"probe"}', headers=None):
    connection = http.client.HTTPSConnection("localhost", daemon.hook_port, context=context,
                                             timeout=20)
    try:
        connection.request("POST", HOOK_PATH, body, headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def shown_certificate(daemon):
    """What a sender is shown, whether he trusts it or not."""
    return ssl.get_server_certificate(("127.0.0.1", daemon.hook_port), timeout=20)


def failed(daemon, reason):
    return metrics.value(metrics.read(daemon), "tocsin_handshakes_failed_total", reason=reason)


def is_shown(daemon, certificate):
    return shown_certificate(daemon).split() == certificate.read_text().split()


# Who gets through --------------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_sender_that_trusts_the_certificate_gets_through(daemon, pair, version):
    context = trust(pair[0])
    context.minimum_version = context.maximum_version = version
    assert secure_post(daemon, context) == 202
    big = json.dumps({"type": "probe", "fill": "x" * 200000}).encode()
    assert secure_post(daemon, context, big) == 202
    too_big = json.dumps({"type": "probe", "fill": "x" * 300000}).encode()
    assert secure_post(daemon, context, too_big) == 413


def test_http_1_1_is_what_is_agreed_on_and_nothing_else(daemon, pair):
    context = trust(pair[0])
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(daemon.socket(), server_hostname="localhost") as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.version() == "TLSv1.3"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError), daemon.socket() as plain:
        context.wrap_socket(plain, server_hostname="localhost").recv(1)
    wait_until(lambda: failed(daemon, "versions") == 1, "the failure is counted")


def test_a_session_goes_on_where_it_was(daemon, pair):
    context = trust(pair[0])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with context.wrap_socket(daemon.socket(), server_hostname="localhost") as first:
        session = first.session
    with context.wrap_socket(daemon.socket(), server_hostname="localhost",
                             session=session) as second:
        assert second.session_reused


@pytest.mark.parametrize("settings", ["-tls1_1", "-tls1_2 -cipher AES128-SHA",
                                      "-tls1_2 -cipher AES128-GCM-SHA256"])
def test_old_versions_and_ciphers_without_forward_secrecy_are_refused(daemon, settings):
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.hook_port}",
         *settings.replace("-cipher ", "-cipher @SECLEVEL=0:").split()],
        input="", capture_output=True, text=True, timeout=30)
    assert "Cipher is (NONE)" in result.stdout, result
    if "AES" in settings:
        wait_until(lambda: failed(daemon, "versions") == 1, "the failure is counted")


def test_what_hides_a_request_is_refused_here_too(daemon, pair):
    with trust(pair[0]).wrap_socket(daemon.socket(), server_hostname="localhost") as connection:
        replies = exchange(connection, post(event(n=1)) + post(event(n=2))
                           + HEAD + b"Content-Length : 16\r\n\r\n" + post(event(is_hidden=True)))
    assert [reply.status for reply in replies] == [202, 202, 400]
    assert daemon.status()["events"] == 2


# Whose handshake fails ---------------------------------------------------------------------


def test_plain_http_is_told_from_other_garbage(daemon, pair):
    for _ in range(3):
        with daemon.socket() as connection:
            assert exchange(connection, post(event())) == []
    daemon.wait_for_log("a handshake with 127.0.0.1 failed: it was plain HTTP: senders must use https://")
    assert failed(daemon, "plain-http") == 3
    with daemon.socket() as connection:
        exchange(connection, b"\0" * 600)
    daemon.wait_for_log("it was no handshake, or a broken one")
    assert daemon.log().count("plain HTTP") == 1, "told once in a while, however many there are"
    assert secure_post(daemon, trust(pair[0])) == 202


def test_a_sender_that_does_not_trust_the_certificate_is_told_of(daemon):
    with pytest.raises(ssl.SSLError):
        secure_post(daemon, ssl.create_default_context())
    daemon.wait_for_log("the sender does not trust the certificate of `listen`")
    assert failed(daemon, "not-trusted") == 1


def test_who_leaves_within_a_handshake_is_not_told_of(daemon, pair):
    with daemon.socket() as connection:
        connection.sendall(b"\x16\x03\x01")
    daemon.socket().close()
    assert secure_post(daemon, trust(pair[0])) == 202
    assert "handshake" not in daemon.log()


def test_idle_handshakes_keep_nobody_out_and_are_cut_off(daemon, pair):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    idle = [daemon.socket() for _ in range(2000)]
    for connection in idle[:500]:
        connection.sendall(b"\x16\x03\x01")
    assert secure_post(daemon, trust(pair[0])) == 202
    for connection in idle:
        connection.setblocking(False)

    def are_cut_off():
        return all(has_ended(connection) for connection in idle)

    wait_until(are_cut_off, "idle handshakes are cut off", timeout=20)
    for connection in idle:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert secure_post(daemon, trust(pair[0])) == 202


def has_ended(connection):
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


# A sender's own certificate ----------------------------------------------------------------


@pytest.fixture
def client(tmp_path):
    return certificates.make(tmp_path, "sender")


def test_with_client_ca_a_sender_needs_a_certificate_of_it(make_secure, pair, client, tmp_path):
    daemon = make_secure(client_ca=str(client[0])).start()
    context = trust(pair[0])
    with pytest.raises((ssl.SSLError, ConnectionResetError, BrokenPipeError,
                        http.client.RemoteDisconnected)):
        secure_post(daemon, context)
    daemon.wait_for_log("the sender has no certificate of `client_ca`")
    context.load_cert_chain(*certificates.make(tmp_path, "stranger"))
    with pytest.raises((ssl.SSLError, ConnectionResetError, BrokenPipeError,
                        http.client.RemoteDisconnected)):
        secure_post(daemon, context)
    wait_until(lambda: failed(daemon, "client-certificate") == 2, "both are counted")
    context = trust(pair[0])
    context.load_cert_chain(*client)
    assert secure_post(daemon, context) == 202
    assert daemon.status()["events"] == 1


# Another certificate -----------------------------------------------------------------------


def exchange_pair(pair, fresh):
    for old, new in zip(pair, fresh):
        shutil.copy(new, f"{old}.new")
        os.replace(f"{old}.new", old)


@pytest.mark.parametrize("how", ["reload", "SIGHUP", "watch"])
def test_another_certificate_comes_into_use_without_a_restart(make_secure, pair, tmp_path, how):
    daemon = make_secure(settings="watch: true\n" if how == "watch" else "").start()
    fresh = certificates.make(tmp_path, "renewed", days=90)
    with trust(pair[0]).wrap_socket(daemon.socket(), server_hostname="localhost") as kept:
        stream = kept.makefile("rb")
        exchange_pair(pair, fresh)
        if how == "reload":
            assert daemon.command("reload").returncode == 0
        elif how == "SIGHUP":
            daemon.process.send_signal(1)
        wait_until(lambda: is_shown(daemon, fresh[0]), "the other certificate is shown")
        kept.sendall(post(event(n=1)))
        assert read_reply(stream).status == 202, "who was connected stays so"
    assert secure_post(daemon, trust(fresh[0])) == 202
    daemon.wait_for_log("hooks have the certificate of CN = renewed, until 20")


BAD_PAIRS = {
    "the certificate alone": (lambda cert, key, fresh: shutil.copy(fresh[0], cert),
                              r"key.pem is not the key of the certificate in \S*cert.pem"),
    "an empty certificate": (lambda cert, key, fresh: cert.write_text(""),
                             r"cert.pem cannot be read: it is empty"),
    "no certificate": (lambda cert, key, fresh: cert.unlink(),
                       r"cert.pem cannot be read: No such file or directory"),
    "a folder": (lambda cert, key, fresh: (cert.unlink(), cert.mkdir()),
                 r"cert.pem cannot be read: Is a directory"),
    "garbage": (lambda cert, key, fresh: cert.write_text("-----BEGIN CERTIFICATE-----\nx\n"),
                r"cert.pem holds no certificate in PEM that can be used: "),
    "no key": (lambda cert, key, fresh: key.unlink(), r"key.pem cannot be read: No such file"),
    "a certificate for a key": (lambda cert, key, fresh: shutil.copy(cert, key),
                                r"key.pem holds no private key in PEM that can be used: "),
    "a locked key": (lambda cert, key, fresh: certificates.openssl(
        "ec", "-in", fresh[1], "-aes256", "-passout", "pass:pl4nted", "-out", key),
                     r"key.pem is locked by a passphrase, which nobody is there to type"),
}


@pytest.mark.parametrize("spoil, told", BAD_PAIRS.values(), ids=BAD_PAIRS)
def test_a_bad_pair_keeps_the_one_before(make_secure, pair, tmp_path, spoil, told):
    daemon = make_secure().start()
    before = pair[0].with_name("localhost.pem")
    spoil(*pair, certificates.make(tmp_path, "other"))
    result = daemon.command("reload")
    assert result.returncode == 1, result
    assert re.search(rf'tocsin.yaml:1:\d+: listen tls: "\w+": \S*{told}',
                     result.stdout + result.stderr), result
    assert re.search(told, daemon.log())
    assert is_shown(daemon, before)
    assert secure_post(daemon, trust(before)) == 202
    assert metrics.value(metrics.read(daemon), "tocsin_config_last_reload_successful") == 0
    assert any("listen tls" in line for line in json.dumps(daemon.status()).split(",")), \
        daemon.status()


@pytest.mark.parametrize("spoil, told", BAD_PAIRS.values(), ids=BAD_PAIRS)
def test_check_and_serve_refuse_a_bad_pair(make_secure, pair, tmp_path, spoil, told):
    daemon = make_secure()
    spoil(*pair, certificates.make(tmp_path, "other"))
    for command in ("check", "serve"):
        result = run(command, "-c", daemon.config)
        assert result.returncode == 1, result
        assert re.search(rf'tocsin.yaml:1:\d+: listen tls: "\w+": \S*{told}',
                         result.stdout + result.stderr), result


def test_a_client_ca_that_is_none_is_refused(make_secure, pair):
    daemon = make_secure(client_ca=str(pair[1]))
    result = run("check", "-c", daemon.config)
    assert result.returncode == 1
    assert '"client_ca": ' in result.stdout + result.stderr
    assert "holds no certificates in PEM" in result.stdout + result.stderr


def test_tls_comes_and_goes_with_a_reload(daemon, pair, make_secure):
    daemon.write({"chat": sinks.unreachable()})
    daemon.config.write_text(daemon.config.read_text().replace(daemon.listen, "127.0.0.1:0"))
    assert daemon.command("reload").returncode == 0
    assert daemon.post({"type": "probe"}).status == 202
    daemon.write({"chat": sinks.unreachable()})
    assert daemon.command("reload").returncode == 0
    assert secure_post(daemon, trust(pair[0])) == 202


# What is told of it ------------------------------------------------------------------------


@pytest.mark.parametrize("days, words", [(90, None), (5, "ends on 20"), (-1, "has ended on 20")])
def test_a_certificate_that_ends_soon_is_warned_of(make_secure, pair, tmp_path, days, words):
    daemon = make_secure()
    fresh = tmp_path / "soon"
    fresh.mkdir()
    if days > 0:
        exchange_pair(pair, certificates.make(fresh, days=days))
    else:
        certificates.openssl("req", "-new", "-key", pair[1], "-subj", "/CN=localhost",
                             "-out", fresh / "request")
        certificates.openssl("x509", "-req", "-in", fresh / "request", "-signkey", pair[1],
                             "-days", "-1", "-out", pair[0])
    result = run("check", "-c", daemon.config)
    assert result.returncode == 0, result
    told = [line for line in (result.stdout + result.stderr).splitlines() if "listen tls: " in line]
    assert len(told) == (words is not None), told
    if words:
        assert "tocsin.yaml:1:" in told[0] and "warning: " in told[0] and words in told[0]
    assert daemon.start().status()["events"] == 0, "it serves all the same"


def test_hooks_of_other_machines_are_not_warned_of_with_tls(make_secure):
    daemon = make_secure("0.0.0.0:0")
    result = run("check", "-c", daemon.config)
    assert result.returncode == 0 and "plain http" not in result.stdout + result.stderr, result


@pytest.mark.parametrize("listen, alternatives, base", [
    ("127.0.0.1:8443", "DNS:hooks.example.org,DNS:other.example.org", "https://hooks.example.org:8443"),
    ("0.0.0.0:443", "DNS:*.example.org,DNS:hooks.example.org", "https://hooks.example.org"),
    ("192.0.2.7:443", "IP:192.0.2.7", "https://192.0.2.7"),
    ("[2001:db8::7]:8443", "IP:192.0.2.7", "https://[2001:db8::7]:8443"),
    ("[::]:8443", "DNS:*.example.org", ""),
    ("127.0.0.1:0", "DNS:hooks.example.org", ""),
])
def test_the_urls_of_hooks_are_by_the_certificates_name(
        make_secure, pair, tmp_path, listen, alternatives, base):
    daemon = make_secure(listen)
    exchange_pair(pair, certificates.make(tmp_path, "named", 90, alternatives))
    result = run("hooks", "-c", daemon.config)
    assert result.stdout == f"soc\t{base}{HOOK_PATH}\n", result
    assert "public_url" in result.stderr
    daemon.config.write_text(daemon.config.read_text() + "public_url: https://elsewhere.example\n")
    assert run("hooks", "-c", daemon.config).stdout == f"soc\thttps://elsewhere.example{HOOK_PATH}\n"

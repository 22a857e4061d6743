"""Who may post to a hook whose path he knows: by what he shows, by where he is, by how often he comes.
Secrets are told nowhere, and whoever is kept out by his address learns nothing of the hook."""

import base64
import hashlib
import hmac
import http.client
import json
import time

import pytest

import metrics
import sinks
from conftest import load_event
from tocsin import HOOK_PATH, as_yaml, wait_until

TOKEN, OLD_TOKEN = "pl4nted-token-0123456789", "pl4nted-token-of-old-0123"
PASSWORD = "pl4nted pass: wörd"
KEY = "pl4nted-key-0123456789"
BODY = json.dumps({"type": "probe", "word": "d\u00e9j\u00e0"}, ensure_ascii=False).encode()
BASIC = base64.b64encode(f"Aladdin:{PASSWORD}".encode()).decode()


def sign(body=BODY, key=KEY):
    return hmac.new(key.encode(), body, hashlib.sha256)


@pytest.fixture
def guarded(make_daemon):
    """A daemon whose hook has these options more."""
    def make(listen="127.0.0.1:0", **options):
        return make_daemon({"chat": sinks.unreachable()}, hook=as_yaml(options), listen=listen).start()
    return make


def denied(daemon, reason):
    return metrics.value(metrics.read(daemon), "tocsin_posts_denied_total", hook="soc", reason=reason)


def refused(daemon, status):
    return metrics.value(
        metrics.read(daemon), "tocsin_posts_refused_total", hook="soc", status=str(status))


def post(daemon, **headers):
    return daemon.post(BODY, {name.replace("_", "-"): value for name, value in headers.items()})


# What he shows -----------------------------------------------------------------------------

AUTH = {
    "bearer": {"bearer": [TOKEN, OLD_TOKEN]},
    "basic": {"basic": {"user": "Aladdin", "password": PASSWORD}},
    "github": {"hmac_sha256": {
        "header": "X-Hub-Signature-256", "secret": [KEY, "pl4nted-key-of-old-0123"],
        "prefix": "sha256="}},
    "stripe": {"hmac_sha256": {"header": "Stripe-Signature", "secret": KEY, "tolerance": "5m"}},
}


def stripe(when, body=BODY, key=KEY):
    return f"t={when},v1=" + sign(f"{when}.".encode() + body, key).hexdigest()


GOOD = {
    "bearer": lambda: [{"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"bearer {OLD_TOKEN}"}],
    "basic": lambda: [{"Authorization": f"Basic {BASIC}"}],
    "github": lambda: [
        {"X-Hub-Signature-256": "sha256=" + sign().hexdigest()},
        {"x-hub-signature-256": "sha256=" + sign(key="pl4nted-key-of-old-0123").hexdigest().upper()},
        {"X-Hub-Signature-256": "sha256=" + base64.b64encode(sign().digest()).decode()}],
    "stripe": lambda: [
        {"Stripe-Signature": stripe(int(time.time()))},
        {"Stripe-Signature": stripe(int(time.time()) - 200) + ",v0=0"},
        {"Stripe-Signature": stripe(int(time.time()), key="another") + ","
                             + stripe(int(time.time())).partition(",")[2]}],
}
BAD = {  # the reason that is counted, and what he shows
    "bearer": [("missing", None), ("wrong", f"Bearer {TOKEN}x"), ("wrong", f"Bearer {TOKEN[:-1]}"),
               ("malformed", f"Basic {TOKEN}"), ("malformed", TOKEN), ("malformed", "Bearer")],
    "basic": [("missing", None), ("wrong", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
              ("malformed", f"Bearer {BASIC}"), ("wrong", f"Basic {BASIC}x"), ("malformed", "Basic ")],
    "github": [("missing", None), ("wrong", "sha256=" + sign(b"another body").hexdigest()),
               ("wrong", "sha256=" + sign(key="another key").hexdigest()),
               ("malformed", sign().hexdigest()), ("malformed", "sha256=abc"),
               ("malformed", "sha1=" + sign().hexdigest())],
    "stripe": [("missing", None), ("malformed", "v1=" + sign().hexdigest()),
               ("malformed", "t=now,v1=" + sign().hexdigest())],
}
CHALLENGE = {"bearer": 'Bearer realm="tocsin"', "basic": 'Basic realm="tocsin", charset="UTF-8"',
             "github": 'HMAC-SHA256 header="X-Hub-Signature-256"',
             "stripe": 'HMAC-SHA256 header="Stripe-Signature"'}
HEADER = {"bearer": "Authorization", "basic": "Authorization", "github": "X-Hub-Signature-256",
          "stripe": "Stripe-Signature"}


@pytest.mark.parametrize("kind", AUTH)
def test_who_shows_what_is_wanted_is_let_in(guarded, kind):
    daemon = guarded(auth=AUTH[kind])
    for headers in GOOD[kind]():
        answer = daemon.post(BODY, headers)
        assert answer.status == 202, (headers, answer, daemon.log())
    assert daemon.event(answer.body["id"])["body"] == json.loads(BODY)
    assert refused(daemon, 401) == 0


@pytest.mark.parametrize("kind", AUTH)
def test_who_does_not_gets_401_and_what_is_wanted_and_is_counted(guarded, kind):
    daemon = guarded(auth=AUTH[kind])
    for count, (reason, value) in enumerate(BAD[kind], 1):
        before = denied(daemon, f"credentials-{reason}")
        answer = daemon.post(BODY, {HEADER[kind]: value} if value else {})
        assert answer.status == 401, (value, answer)
        assert answer.headers["WWW-Authenticate"].startswith(CHALLENGE[kind])
        assert list(answer.body) == ["error"]
        assert denied(daemon, f"credentials-{reason}") == before + 1, value
        assert refused(daemon, 401) == count
    daemon.wait_for_log(f"hook=soc from=127.0.0.1 msg=\"a post was refused with 401: .*{HEADER[kind]}, from 127.0.0.1")
    assert daemon.status()["events"] == 0
    log = daemon.log()
    for secret in ("pl4nted", BASIC, HOOK_PATH, sign().hexdigest()):
        assert secret not in log, secret


def test_a_signature_of_another_time_is_stale(guarded):
    daemon = guarded(auth=AUTH["stripe"])
    for when in (int(time.time()) - 301, int(time.time()) + 320, 0):
        assert post(daemon, Stripe_Signature=stripe(when)).status == 401
    assert denied(daemon, "signature-stale") == 3
    assert post(daemon, Stripe_Signature=stripe(int(time.time()))).status == 202


def test_the_body_is_signed_as_it_came_whatever_its_size(guarded):
    daemon = guarded(auth=AUTH["github"], max_body="1m")
    body = json.dumps({"type": "probe", "fill": "x" * 900000}, indent=7).encode()
    headers = {"X-Hub-Signature-256": "sha256=" + sign(body).hexdigest()}
    assert daemon.post(body, headers).status == 202
    assert daemon.post(body.replace(b"\n", b" \n", 1), headers).status == 401


def test_another_path_is_404_whatever_is_shown(guarded):
    daemon = guarded(auth=AUTH["bearer"])
    shown = daemon.post(BODY, {"Authorization": f"Bearer {TOKEN}"}, path=HOOK_PATH + "x")
    hidden = daemon.post(BODY, {}, path=HOOK_PATH[:-1])
    assert shown.status == hidden.status == 404 and shown.body == hidden.body
    assert "WWW-Authenticate" not in shown.headers


def test_a_reload_exchanges_the_tokens_one_after_the_other(guarded):
    daemon = guarded(auth={"bearer": [OLD_TOKEN]})
    for tokens, good, bad in (([OLD_TOKEN, TOKEN], [OLD_TOKEN, TOKEN], []),
                              ([TOKEN], [TOKEN], [OLD_TOKEN])):
        daemon.write({"chat": sinks.unreachable()}, hook=as_yaml({"auth": {"bearer": tokens}}))
        assert daemon.command("reload").returncode == 0
        for token in good:
            assert post(daemon, Authorization=f"Bearer {token}").status == 202
        for token in bad:
            assert post(daemon, Authorization=f"Bearer {token}").status == 401


def test_one_tocsin_signs_for_another(guarded, make_daemon):
    """The webhook sink's `sign: github` is what a hook with that prefix wants."""
    far = guarded(auth=AUTH["github"])
    webhook = {"plugin": "webhook", "url": f"http://127.0.0.1:{far.hook_port}{HOOK_PATH}",
               "sign": "github", "secret": KEY, "allow": ["127.0.0.0/8"]}
    near = make_daemon({"far": webhook}, folder="near").start()
    near.accept(load_event("alert-created"))
    assert near.wait_settled()["delivered"] == 1, near.log()
    assert far.status()["events"] == 1


# Where he is -------------------------------------------------------------------------------


def test_an_address_outside_the_networks_is_told_nothing(guarded):
    daemon = guarded(allow=["192.0.2.0/24", "2001:db8::/32"], auth=AUTH["bearer"])
    unknown = daemon.post(BODY, {}, path="/hooks/no-such-hook-at-all")
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}, {"X-Forwarded-For": "192.0.2.7"},
                    {"Forwarded": "for=192.0.2.7"}, {"X-Real-IP": "192.0.2.7"}):
        answer = daemon.post(BODY, headers)
        assert (answer.status, answer.body) == (unknown.status, unknown.body)
        assert {name.lower() for name in answer.headers} == {name.lower() for name in unknown.headers}
    for method in ("GET", "HEAD", "PUT"):
        assert daemon.request(method, HOOK_PATH).status == 404
    assert denied(daemon, "address") == 8 == refused(daemon, 404)
    daemon.wait_for_log("a post was refused with 404: 127.0.0.1 is in none of the networks of `allow`")


@pytest.mark.parametrize("listen, allow", [
    ("127.0.0.1:0", "127.0.0.0/8"), ("127.0.0.1:0", ["192.0.2.0/24", "127.0.0.1"]),
    ('"[::1]:0"', "::1/128"), ('"[::]:0"', "127.0.0.1"), ('"[::]:0"', "::ffff:127.0.0.0/104"),
])
def test_an_address_inside_is_let_in(guarded, listen, allow):
    daemon = guarded(listen, allow=allow)
    host = "::1" if "::1" in listen else "127.0.0.1"
    assert send(daemon, host).status == 202, daemon.log()


def send(daemon, host="127.0.0.1", *forwarded):
    connection = http.client.HTTPConnection(host, daemon.hook_port, timeout=20)
    connection.putrequest("POST", HOOK_PATH)
    for value in forwarded:
        connection.putheader("X-Forwarded-For", value)
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders(BODY)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


TRUSTING = "{address: 127.0.0.1:0, trusted_proxies: [127.0.0.1, 10.0.0.0/8]}"


@pytest.mark.parametrize("forwarded, status", [
    (["192.0.2.7"], 202),
    (["203.0.113.9, 192.0.2.7"], 202),
    (["192.0.2.7, 10.1.2.3"], 202),
    (["192.0.2.7", "10.1.2.3"], 202),
    (["192.0.2.7:4711"], 202),
    (["2001:db8::7"], 202),
    (["[2001:db8::7]:443"], 202),
    ([], 404),
    ([""], 404),
    (["192.0.2.7, 203.0.113.9"], 404),
    (["192.0.2.7", "203.0.113.9"], 404),
    (["192.0.2.7, nonsense"], 404),
    (["192.0.2.7, unknown, 10.1.2.3"], 404),
    (["127.0.0.1"], 404),
    (["192.0.2.300"], 404),
    ([", ".join(["192.0.2.7"] * 900 + ["203.0.113.9"])], 404),
], ids=lambda value: None)
def test_behind_a_trusted_proxy_what_it_wrote_counts(guarded, forwarded, status):
    daemon = guarded(TRUSTING, allow=["192.0.2.0/24", "2001:db8::/32"])
    assert send(daemon, "127.0.0.1", *forwarded).status == status, daemon.log()


def test_who_is_no_trusted_proxy_is_not_believed(guarded):
    daemon = guarded("{address: 127.0.0.1:0, trusted_proxies: 10.0.0.0/8}", allow="192.0.2.0/24")
    assert send(daemon, "127.0.0.1", "192.0.2.7").status == 404
    daemon.wait_for_log("127.0.0.1 is in none of the networks")


def test_the_address_that_is_logged_is_the_senders(guarded):
    daemon = guarded(TRUSTING, allow=["192.0.2.0/24"], auth=AUTH["bearer"])
    assert send(daemon, "127.0.0.1", "203.0.113.9").status == 404
    assert send(daemon, "127.0.0.1", "192.0.2.7").status == 401
    daemon.wait_for_log("203.0.113.9 is in none of the networks")
    daemon.wait_for_log("credentials are missing .Authorization, from 192.0.2.7.")


# How often he comes ------------------------------------------------------------------------


def test_more_than_the_rate_gets_429_and_when_to_come_again(guarded):
    daemon = guarded(rate="5/s")
    answers = [daemon.post({"type": "probe", "n": n}) for n in range(12)]
    late = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {202, 429}
    assert all(answer.headers["Retry-After"] == "1" for answer in late)
    assert answers[4].status == 202, "a second's worth comes at once"
    assert denied(daemon, "rate") == refused(daemon, 429) == len(late)
    wait_until(lambda: daemon.post({"type": "probe", "n": 99}).status == 202, "let in again")
    assert daemon.log().count("more come than its `rate` lets in") == 1


def test_a_slow_rate_says_how_long_to_wait_and_a_reload_refills_nothing(guarded):
    daemon = guarded(rate="1/m")
    assert daemon.post({"type": "probe"}).status == 202
    answer = daemon.post({"type": "probe"})
    assert answer.status == 429 and 55 <= int(answer.headers["Retry-After"]) <= 60
    assert daemon.command("reload").returncode == 0
    assert daemon.post({"type": "probe"}).status == 429
    daemon.write({"chat": sinks.unreachable()}, hook="{rate: off}")
    assert daemon.command("reload").returncode == 0
    assert daemon.post({"type": "probe"}).status == 202


def test_what_is_not_let_in_otherwise_uses_up_no_rate(guarded):
    daemon = guarded(rate="1/h", auth=AUTH["bearer"])
    for _ in range(5):
        assert post(daemon, Authorization="Bearer of-nothing").status == 401
    assert daemon.request("GET", HOOK_PATH).status == 405
    assert post(daemon, Authorization=f"Bearer {TOKEN}").status == 202
    assert post(daemon, Authorization=f"Bearer {TOKEN}").status == 429

"""Sinks as tocsin.yaml has them, for the far ends of the tests. Their own rates, made for real
servers, are off: a test that wants one says so."""

from tocsin import TEST_PLUGINS


def teams(fake, **more):
    return {"plugin": "teams", "url": fake.url, "rate": "off", **more}


def mattermost(fake, **more):
    return {"plugin": "mattermost", "url": fake.url, "rate": "off", **more}


def email(fake, **more):
    return {"plugin": "email", "url": f"smtp://127.0.0.1:{fake.port}", "tls": "none",
            "from": "SOC <soc@example.org>", "to": ["duty@example.org"], **more}


def syslog(fake, **more):
    return {"plugin": "syslog", "url": fake.url, "rate": "off", **more}


def slack(fake, **more):
    return {"plugin": "slack", "url": fake.url, "rate": "off", **more}


def webhook(fake, **more):
    """Which may reach this machine, as no webhook else."""
    return {"plugin": "webhook", "url": fake.url, "allow": ["127.0.0.0/8"], **more}


def unreachable():
    """A Mattermost that refuses connections: nothing ever listens on port 1."""
    return {"plugin": "mattermost", "url": "http://127.0.0.1:1/hooks/nobodylistens000000000000"}


def record(fake, **more):
    """What the host says of each delivery, posted to a Recorder."""
    return {"plugin": str(TEST_PLUGINS / "record.so"), "url": fake.url, **more}


def overstay(file, **more):
    """A line an attempt, and no deadline kept: tests/plugins/overstay.c."""
    return {"plugin": str(TEST_PLUGINS / "overstay.so"), "file": str(file), **more}


def poison(fake, **more):
    """Posts what is harmless; a title with "poison" ends the daemon."""
    return {"plugin": str(TEST_PLUGINS / "poison.so"), "url": fake.url, **more}


def telegram(fake, **more):
    return {"plugin": "telegram", "token": fake.token, "chat": "-1001234567890", "api": fake.url,
            "rate": "off", **more}

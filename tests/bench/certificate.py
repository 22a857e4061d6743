"""A certificate authority of one run, and a certificate of localhost by it."""

import subprocess

from contenders.program import need_command

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"


def _openssl(folder, *arguments):
    subprocess.run([need_command("openssl", "openssl"), *arguments], cwd=folder, check=True,
                   capture_output=True, timeout=60)


def make(folder):
    """Writes localhost.pem and localhost.key; returns the authority's file."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    (folder / "names").write_text(NAMES)
    _openssl(folder, "req", "-x509", *key, "-days", "2", "-subj", "/CN=tocsin bench",
             "-keyout", "ca.key", "-out", "ca.pem")
    _openssl(folder, "req", "-new", *key, "-subj", "/CN=localhost", "-keyout", "localhost.key",
             "-out", "localhost.csr")
    _openssl(folder, "x509", "-req", "-in", "localhost.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "localhost.pem")
    return folder / "ca.pem"

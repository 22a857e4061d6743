"""A certificate for localhost, by openssl, for the tests of TLS."""

import subprocess


def make(folder):
    """Certificate and key; the certificate is its own authority."""
    certificate, key = folder / "localhost.pem", folder / "localhost.key"
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out",
         str(certificate)], check=True, capture_output=True, timeout=60)
    return certificate, key

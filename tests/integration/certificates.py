"""Certificates by openssl, for the tests of TLS."""

import subprocess


def openssl(*arguments):
    subprocess.run(["/usr/bin/openssl", *map(str, arguments)], check=True, capture_output=True,
                   timeout=60)


def make(folder, name="localhost", days=2, alternatives="DNS:localhost,IP:127.0.0.1"):
    """Certificate and key; the certificate is its own authority."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", days, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternatives}",
            "-keyout", key, "-out", certificate)
    return certificate, key

"""Certificates for tests, made by the openssl program when they are needed."""

import shutil
import subprocess

AVAILABLE = shutil.which("openssl") is not None


def make(folder):
    """Writes root.pem, server.pem and client.pem with their keys (*.key) into `folder`."""
    root = folder / "root.pem"
    # What Python 3.13 wants to see in certificates, beside the name.
    signs = ("-addext", "keyUsage=critical,keyCertSign")
    _openssl("req", "-x509", "-subj", "/CN=root", *signs, *_key(folder, "root"), "-out", root)
    (folder / "names.txt").write_text(
        "subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n"
    )
    for name in ("server", "client"):
        request = folder / f"{name}.csr"
        _openssl("req", "-subj", f"/CN={name}", *_key(folder, name), "-out", request)
        _openssl(
            *("x509", "-req", "-in", request, "-CA", root),
            *("-CAkey", folder / "root.key", "-CAcreateserial", "-days", "2"),
            *("-extfile", folder / "names.txt", "-out", folder / f"{name}.pem"),
        )


def _key(folder, name):
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return *curve, "-keyout", folder / f"{name}.key"


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

"""Which model to ask, and the server that has it."""

import dataclasses
import math
import pathlib
import re
import urllib.parse

from stargan_tf.base import errors

_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[\w.-]+):([0-9]{1,5})", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Tls:
    """The certificates of an encrypted connection, as PEM files.

    Attributes:
      root_certificate: Of the authority that signed the server's certificate; None: the authorities
        that the system trusts.
      client_certificate: Shows a server who asks; None: for servers that don't want to know.
      client_key: The key of that certificate.
    """

    root_certificate: pathlib.Path | None = None
    client_certificate: pathlib.Path | None = None
    client_key: pathlib.Path | None = None

    def read(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """Returns what the three files hold.

        Raises:
          UserError: If one can't be read or is no PEM file, or only one of the client's is given.
        """
        if (self.client_certificate is None) != (self.client_key is None):
            raise errors.UserError(
                "A client's certificate and its key belong together; received only "
                f"{self.client_certificate or self.client_key}; pass `client_certificate` and "
                "`client_key`, or neither."
            )
        return tuple(_pem(path, name) for name, path in vars(self).items())


@dataclasses.dataclass(frozen=True)
class Target:
    """Which model to ask, and where.

    Attributes:
      server: HOST:PORT speaks gRPC; http://HOST:PORT and https://HOST:PORT speak REST.
      model: The name under which the server has it.
      version: Its version; None: that of `label`, or else the newest.
      label: A version label of the server's configuration, such as "stable".
      timeout: Seconds for a request, retries included.
      tls: The certificates. None: gRPC does not encrypt; https trusts the system's authorities.

    Raises:
      UserError: If a value makes no sense.
    """

    server: str
    model: str = "stargan"
    version: int | None = None
    label: str | None = None
    timeout: float = 60.0
    tls: Tls | None = None

    def __post_init__(self) -> None:
        if not _is_address(self.server):
            raise errors.UserError(
                "A server is HOST:PORT for gRPC (such as localhost:8500), or http://HOST:PORT for "
                f"REST (such as http://localhost:8501); received {self.server!r}."
            )
        if self.tls is not None and self.server.startswith("http://"):
            raise errors.UserError(
                f"{self.server} is not encrypted, but TLS was asked for; write https://, or leave "
                "the TLS options out."
            )
        for what, name in (("model's name", self.model), ("version label", self.label)):
            if name is not None and not re.fullmatch(r"[^/:\s]+", name):
                raise errors.UserError(
                    f"A {what} has no blank, slash or colon; received {name!r}; give the name of "
                    "the server's configuration."
                )
        if not 0 < self.timeout < math.inf:  # NaN is not
            raise errors.UserError(
                f"A timeout is a number of seconds above 0; received {self.timeout:g}."
            )
        if self.version is not None and self.label is not None:
            raise errors.UserError(
                "Name a version by its number or by its label; received "
                f"{self.version} and {self.label!r}; leave one out."
            )
        if self.version is not None and self.version < 1:
            raise errors.UserError(f"Versions are numbers from 1 on; received {self.version}.")

    @property
    def is_rest(self) -> bool:
        """Whether the server is asked by REST."""
        return self.server.startswith(("http://", "https://"))

    def __str__(self) -> str:
        which = ""
        if self.version is not None:
            which = f", version {self.version}"
        if self.label is not None:
            which = f", version label {self.label!r}"
        return f"model {self.model!r}{which}"


def _is_address(server: str) -> bool:
    if "://" not in server:
        match = _HOST_AND_PORT.fullmatch(server)
        return bool(match) and 0 < int(match[2]) < 65536
    try:
        parts = urllib.parse.urlsplit(server)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, or half an IPv6 address
        return False
    # A path is allowed: a proxy may have the server below one.
    return named and parts.scheme in ("http", "https") and not (parts.query or parts.fragment)


def _pem(path: pathlib.Path | None, name: str) -> bytes | None:
    if path is None:
        return None
    try:
        contents = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise errors.UserError(
            f"{name}={path} could not be read ({error.strerror}); name a PEM file."
        ) from error
    if b"-----BEGIN " not in contents:
        raise errors.UserError(
            f"{name}={path} holds no PEM text; name a file that begins with -----BEGIN, or convert "
            "it with openssl."
        )
    return contents

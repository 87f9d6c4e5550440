"""Asking a server by REST, with the standard library alone."""

import contextlib
import http.client
import json
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from stargan_tf.base import errors
from stargan_tf.client import failures, rest_json, retries, transport
from stargan_tf.client import target as target_lib

_Parsed = TypeVar("_Parsed")
_CHUNK = 2**20  # bytes read between two looks at the clock

# A server's gRPC code becomes an HTTP status, and several become 400; proxies add 413 and 502.
_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: failures.DEADLINE_EXCEEDED,
    409: "ABORTED",
    413: "RESOURCE_EXHAUSTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: failures.UNAVAILABLE,
    503: failures.UNAVAILABLE,
    504: failures.DEADLINE_EXCEEDED,
}


class RestTransport(transport.Transport):
    """Asks a model server's REST interface; raises a UserError if a certificate can't be read."""

    def __init__(self, target: target_lib.Target):
        self.target = target
        handlers: list[urllib.request.BaseHandler] = []
        if target.server.startswith("https://"):
            handlers.append(urllib.request.HTTPSHandler(context=_context(target.tls)))
        self._opener = urllib.request.build_opener(*handlers)
        self._signatures: dict[str, transport.Signature] = {}

    def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs of a signature by name; see `Transport.predict`.

        The server leaves out the name of an output that is the only one, and all types: they are
        taken from its metadata, which is asked for once.
        """
        body = rest_json.predict_request(signature, inputs)
        answer = self._call(":predict", body, signature)
        if signature not in self._signatures:
            self._signatures = self.signatures()
        if signature not in self._signatures:
            raise self._not_serving(f"no signature {signature!r} in its metadata")
        outputs = self._signatures[signature].outputs
        return self._parse(rest_json.predict_response, answer, outputs)

    def signatures(self) -> dict[str, transport.Signature]:
        """Returns the model's signatures by name."""
        return self._parse(rest_json.signatures, self._call("/metadata"))

    def status(self) -> list[transport.VersionStatus]:
        """Returns the model's versions, the newest first."""
        return self._parse(rest_json.status, self._call(""))

    def close(self) -> None:
        """Does nothing: every request has a connection of its own."""

    def _call(self, method: str, body: bytes | None = None, signature: str | None = None) -> Any:
        """Returns the decoded answer to GET, or to POST if there is a body."""
        request = urllib.request.Request(
            self._url(method), data=body, headers={"Content-Type": "application/json"}
        )

        def attempt(seconds: float) -> Any:
            try:
                return json.loads(self._read(request, seconds))
            except urllib.error.HTTPError as error:
                code = _CODES.get(error.code, "UNKNOWN")
                raise failures.of(code, _reason(error), self.target, signature) from error
            except (OSError, http.client.HTTPException) as error:
                code, details = _connection_failure(error)
                raise failures.of(code, details, self.target, signature) from error
            except ValueError as error:
                raise self._not_serving(str(error)) from error

        return retries.call(attempt, self.target.timeout)

    def _read(self, request: urllib.request.Request, seconds: float) -> bytes:
        """Returns the answer's bytes; a socket's timeout alone bounds only the pauses."""
        deadline, parts, size = time.monotonic() + seconds, [], 0
        with self._opener.open(request, timeout=seconds) as response:
            while part := response.read(_CHUNK):
                parts.append(part)
                size += len(part)
                if time.monotonic() > deadline:
                    raise TimeoutError("the answer was still coming in")
                if size > transport.MAX_MESSAGE_BYTES:
                    limit = f"an answer has more than {transport.MAX_MESSAGE_BYTES:,} bytes"
                    raise failures.of("RESOURCE_EXHAUSTED", limit, self.target)
        return b"".join(parts)

    def _parse(self, parse: Callable[..., _Parsed], *answer: Any) -> _Parsed:
        try:
            return parse(*answer)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._not_serving(repr(error)) from error

    def _url(self, method: str) -> str:
        which = ""
        if self.target.version is not None:
            which = f"/versions/{self.target.version}"
        if self.target.label is not None and method:  # not for the status
            which = f"/labels/{urllib.parse.quote(self.target.label, safe='')}"
        name = urllib.parse.quote(self.target.model, safe="")
        return f"{self.target.server.rstrip('/')}/v1/models/{name}{which}{method}"

    def _not_serving(self, reason: str) -> failures.ServerError:
        return failures.ServerError(
            "UNKNOWN",
            f"{self.target.server} did not answer as TensorFlow Serving's REST interface does "
            f"({reason[:200]}); check the address (its port for REST is usually 8501).",
        )


def _reason(error: urllib.error.HTTPError) -> str:
    """Returns the reason in an error's body, or the status' own phrase."""
    text = reason = ""
    with contextlib.suppress(OSError, http.client.HTTPException), error:
        text = error.read(65536).decode("utf-8", "replace")
    try:
        reason = str(json.loads(text)["error"])
    except (ValueError, TypeError, KeyError):
        # The server escapes for C, and JSON knows no \'. Pages of proxies are HTML.
        if match := re.search(r'"error"\s*:\s*"(.*)"\s*}', text, re.DOTALL):
            reason = re.sub(r"\\(['\"])", r"\1", match[1])
    return reason or f"HTTP {error.code} {error.reason}"


def _connection_failure(error: Exception) -> tuple[str, str]:
    """Returns the status code of a connection that failed, and why it did."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return failures.DEADLINE_EXCEEDED, str(reason)
    if isinstance(reason, ssl.SSLError):  # trying again would not help
        return "UNAUTHENTICATED", str(reason)
    return failures.UNAVAILABLE, str(getattr(reason, "strerror", None) or reason)


def _context(tls: target_lib.Tls | None) -> ssl.SSLContext:
    tls = tls or target_lib.Tls()
    tls.read()  # raises what is wrong with the files in a sentence
    try:
        context = ssl.create_default_context(cafile=tls.root_certificate)
        if tls.client_certificate is not None:
            context.load_cert_chain(tls.client_certificate, tls.client_key)
    except (ssl.SSLError, OSError) as error:
        raise errors.UserError(
            f"The certificates can't be used ({error}); check that the files are PEM, that the key "
            "has no password, and that key and certificate belong together."
        ) from error
    return context

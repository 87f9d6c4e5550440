"""Errors on the way to a server and at the server, in one sentence each."""

from stargan_tf.base import errors
from stargan_tf.client import target as target_lib

UNAVAILABLE = "UNAVAILABLE"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
# What a server answers where the request itself is wrong: gRPC and REST differ in which.
REFUSALS = ("INVALID_ARGUMENT", "FAILED_PRECONDITION")

_MAX_DETAILS = 400  # TensorFlow adds the names of the graph's nodes, which help nobody here.


class ServerError(errors.UserError):
    """A request that failed at the server, or on the way.

    Attributes:
      code: The name of the gRPC status code, such as "UNAVAILABLE"; also of REST.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


def of(
    code: str, details: str, target: target_lib.Target, signature: str | None = None
) -> ServerError:
    """Returns the error for a gRPC status code, with the reason that the server gave."""
    reason = " ".join(details.split()).rstrip(".") or "no reason given"
    if len(reason) > _MAX_DETAILS:
        reason = reason[:_MAX_DETAILS].rstrip() + " ..."
    if code in REFUSALS and "version label" in reason:
        code = "NOT_FOUND"  # as for an unknown version
    server, request = target.server, f"a request to the {target}"
    if signature:
        request += f" for the signature {signature!r}"
    refused = (
        f"{server} refused {request} ({reason}); send what its signatures take, which `metadata` "
        "lists"
    )
    sentences = {
        "NOT_FOUND": f"{server} does not have the {target} ({reason}); check the name and the "
        "version or label; `status` lists the versions of a name",
        DEADLINE_EXCEEDED: f"{server} did not answer within {target.timeout:g} s ({reason}); wait "
        "longer with `timeout`, or send fewer or smaller images",
        UNAVAILABLE: f"{server} could not be reached, or had no room, within {target.timeout:g} s "
        f"({reason}); check the address and TLS, and that the server runs",
        "RESOURCE_EXHAUSTED": f"A message was too large, or {server} has no room left ({reason}); "
        "send fewer or smaller images at a time",
        "UNAUTHENTICATED": f"{server} and this client do not trust each other ({reason}); check "
        "the certificates",
        "PERMISSION_DENIED": f"{server} does not allow this ({reason}); check the client's "
        "certificate, and what a proxy in front of it wants",
        **dict.fromkeys(REFUSALS, refused),
    }
    other = f"{server} failed with {code} on {request} ({reason}); see the server's log"
    return ServerError(code, sentences.get(code, other) + ".")

"""What goes wrong on the way to a server, in one sentence each."""

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
    """Returns the error for a status code.

    Args:
      code: The name of the gRPC status code.
      details: What the server said.
      target: Who was asked.
      signature: Which signature was asked for, if any.
    """
    said = " ".join(details.split()).rstrip(".") or "no reason given"
    if len(said) > _MAX_DETAILS:
        said = said[:_MAX_DETAILS].rstrip() + " ..."
    if code in REFUSALS and "version label" in said:
        code = "NOT_FOUND"  # as of an unknown version
    return ServerError(code, _sentence(code, said, target, signature))


def _sentence(code: str, said: str, target: target_lib.Target, signature: str | None) -> str:
    server = target.server
    asked = f" for the signature {signature!r}" if signature else ""
    known = {
        "NOT_FOUND": f"{server} does not have the {target} ({said}); check the name and the "
        "version or label; --status lists the versions of a name",
        DEADLINE_EXCEEDED: f"{server} did not answer within {target.timeout:g} s ({said}); wait "
        "longer with --timeout, or send fewer or smaller images",
        UNAVAILABLE: f"{server} could not be reached, or had no room, within {target.timeout:g} s "
        f"({said}); check the address and TLS, and that the server runs",
        "RESOURCE_EXHAUSTED": f"A message was too large, or {server} has no room left ({said}); "
        "send fewer or smaller images at a time",
        "UNAUTHENTICATED": f"{server} and this client do not trust each other ({said}); check the "
        "certificates",
        "PERMISSION_DENIED": f"{server} does not allow this ({said}); check the client's "
        "certificate, and what a proxy in front of it wants",
    }
    if code in known:
        return known[code] + "."
    if code in REFUSALS:
        return (
            f"{server} refused a request to the {target}{asked} ({said}); send what its signatures "
            "take, which --metadata lists."
        )
    return (
        f"{server} failed with {code} on a request to the {target}{asked} ({said}); see the "
        "server's log."
    )

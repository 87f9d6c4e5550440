"""Fetches runs from the Hugging Face hub, and says in a sentence why one can't be.

Needs the package huggingface_hub (extra `hub`), which keeps what it fetches in its cache: a run
that was fetched before is opened without a network. The environment variable HF_ENDPOINT names
another server that speaks the same language.
"""

import contextlib
import json
import os
import pathlib
import re
import types
from collections.abc import Iterator

from stargan_tf.base import errors

SCHEME = "hf://"
# The parts of a run that other commands read; a repository may hold exports and pictures, too.
PARTS = ("train.flags", "statistics.npz", "times.jsonl", "checkpoints/step-*.npz",
         "checkpoints/best.json")  # fmt: skip
_REPOSITORY = r"[\w.-]+/[\w.-]+"


def fetch(address: str, option: str) -> pathlib.Path:
    """Returns the folder of a run on the hub, in the cache of huggingface_hub.

    Args:
      address: "hf://USER/NAME" or "hf://USER/NAME@REVISION": a branch, a tag or a commit.
      option: What messages call `address`.

    Raises:
      UserError: The address is wrong, huggingface_hub is missing, the run can't be reached and is
        not in the cache, or the repository is no run.
    """
    match = re.fullmatch(rf"{SCHEME}({_REPOSITORY})(?:@(.+))?", address)
    if not match:
        raise errors.UserError(
            f"The address of a run on the Hugging Face hub is hf://USER/NAME or "
            f"hf://USER/NAME@REVISION; received {option}={address}."
        )
    repository, revision = match.groups()
    library = imported("Fetching a run")
    endpoint = os.environ.get("HF_ENDPOINT") or None
    with explained(f"{option}={address}", repository, revision):
        try:
            model = library.hf_hub_download(
                repository, "model.json", revision=revision, endpoint=endpoint
            )
        except library.errors.LocalEntryNotFoundError:  # it could not ask, and has no copy
            raise
        except library.errors.EntryNotFoundError:
            raise _no_run(address, option, "it has no model.json") from None
        folder = pathlib.Path(model).parent  # named after the commit
        _check(pathlib.Path(model), address, option)
        library.snapshot_download(
            repository, revision=folder.name, allow_patterns=list(PARTS), endpoint=endpoint
        )
    if not any(folder.glob("checkpoints/step-*.npz")):
        raise _no_run(address, option, "it has no checkpoints")
    return folder


def imported(what: str) -> types.ModuleType:
    """Returns the module huggingface_hub; raises a UserError that says `what` needs it."""
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise errors.UserError(
            f"{what} needs the package huggingface_hub, which could not be imported ({error}); "
            f"install it with: {errors.install_command('hub')}"
        ) from error
    return huggingface_hub


@contextlib.contextmanager
def explained(what: str, repository: str, revision: str | None = None) -> Iterator[None]:
    """Turns the errors of huggingface_hub within the block into UserErrors.

    Args:
      what: What messages are about, such as "run=hf://user/name".
      repository: "user/name".
      revision: What was asked for; None: the newest.
    """
    from huggingface_hub import errors as kinds

    page = f"https://huggingface.co/{repository}"
    try:
        yield
    except errors.UserError:
        raise
    except kinds.GatedRepoError as error:
        raise errors.UserError(
            f"{what}: its owner wants to be asked first; ask at {page}, then log in with: hf auth "
            "login"
        ) from error
    except kinds.RepositoryNotFoundError as error:
        raise errors.UserError(
            f"{what}: there is no repository {repository} on the hub, or it is a private one; "
            "check the spelling, or log in with: hf auth login"
        ) from error
    except kinds.RevisionNotFoundError as error:
        raise errors.UserError(
            f"{what}: the repository {repository} has no revision {revision!r}; name a branch, a "
            "tag or a commit of it, or leave out @ and what follows."
        ) from error
    except kinds.LocalTokenNotFoundError as error:
        raise errors.UserError(f"{what}: nobody is logged in; first: hf auth login") from error
    except (kinds.LocalEntryNotFoundError, kinds.OfflineModeIsEnabled, ConnectionError) as error:
        raise _unreachable(what, error) from error
    except kinds.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        advice = {
            401: "log in with: hf auth login",
            403: "log in with a token that may do this: hf auth login",
        }.get(status, "try again later")
        reason = str(error).strip().splitlines()[0]
        raise errors.UserError(f"{what}: the hub refused ({reason}); {advice}") from error
    except OSError as error:  # httpx and requests derive theirs from it, or it is the disk
        if error.errno is None or isinstance(error, TimeoutError):
            raise _unreachable(what, error) from error
        raise errors.UserError(
            f"{what}: could not write the cache ({error}); free some space, or name another folder "
            "in the environment variable HF_HOME."
        ) from error
    except Exception as error:
        # httpx is no dependency of this package, so its errors are told by where they come from.
        if type(error).__module__.partition(".")[0].startswith("httpx"):
            raise _unreachable(what, error) from error
        if isinstance(error, ValueError):  # HFValidationError: a name that can't be one
            reason = str(error).strip().splitlines()[0]
            raise errors.UserError(f"{what}: {reason}") from error
        raise


def _unreachable(what: str, error: Exception) -> errors.UserError:
    return errors.UserError(
        f"{what}: the hub could not be reached ({type(error).__name__}), and no earlier copy is in "
        "the cache; check the network, or pass the folder of a copy."
    )


def _check(path: pathlib.Path, address: str, option: str) -> None:
    """Raises a UserError unless a model.json is one of this program, before more is fetched."""
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
        ours = {"format", "labels", "options"} <= set(model)
    except (ValueError, TypeError):
        ours = False
    if not ours:
        raise _no_run(address, option, "its model.json is another program's")


def _no_run(address: str, option: str, why: str) -> errors.UserError:
    return errors.UserError(
        f"{option}={address} is a repository, but no run of this program ({why}); name one that "
        "export.hub wrote."
    )

"""LiteRT.js, which runs TFLite files in browsers: fetched with npm at one version, and checked.

The packages are not part of this one: their WebAssembly has 19 MB. Apache-2.0, by Google.
"""

import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping

from stargan_tf.base import errors, files

RELEASE = "2.5.3"  # its interface changed at 2.0, so the page is written for this one
SOURCE = "https://github.com/google-ai-edge/LiteRT"
# The files as `npm pack` names them, with the hash that npm's registry gives.
PACKAGES = {
    f"litertjs-core-{RELEASE}.tgz": (
        "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ=="
    ),
    f"litertjs-wasm-utils-{RELEASE}.tgz": (
        "sha512-4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ=="
    ),
}
# What the page needs of them, by its name there. There is one network at a time to compute and it
# is small, so neither threads, which ask a server for two headers of their own, nor WebNN. "compat"
# is for browsers without relaxed SIMD.
_FILES = {
    "core.js": (f"litertjs-core-{RELEASE}.tgz", "package/dist/index.js"),
    "wasm-utils.js": (f"litertjs-wasm-utils-{RELEASE}.tgz", "package/dist/index.js"),
    **{
        name: (f"litertjs-core-{RELEASE}.tgz", f"package/wasm/{name}")
        for kind in ("", "compat_")
        for name in (f"litert_wasm_{kind}internal.js", f"litert_wasm_{kind}internal.wasm")
    },
}
NAMES = tuple(_FILES)
_SPECS = [f"@litertjs/core@{RELEASE}", f"@litertjs/wasm-utils@{RELEASE}"]
_BY_HAND = f"`npm pack {' '.join(_SPECS)}`"
_PATIENCE = 600  # seconds


def load(given: str = "") -> dict[str, bytes]:
    """Returns the contents of the library's files, by the names in NAMES.

    Args:
      given: A folder that holds both files of PACKAGES, or their paths with a comma between; "":
        this user's cache, which npm fills if they are not there yet.

    Raises:
      UserError: A file is missing or is not the one with that hash, or npm is missing or fails.
    """
    paths = _given(given) if given else _cached()
    return _unpacked({name: _checked(path, name) for name, path in paths.items()})


def cache() -> pathlib.Path:
    """Returns the folder where fetched packages are kept."""
    return files.cache_folder() / f"litertjs-{RELEASE}"


def _given(given: str) -> dict[str, pathlib.Path]:
    parts = [pathlib.Path(part) for part in given.split(",")]
    for part in parts:
        if not part.exists():
            raise errors.UserError(
                f"There is no {part}; pass the folder with {' and '.join(PACKAGES)}, as {_BY_HAND} "
                "writes them on a machine with a network, as `litert`."
            )
    found = [path for part in parts for path in ([part] if part.is_file() else part.iterdir())]
    paths = {path.name: path for path in found if path.name in PACKAGES}
    if len(paths) < len(PACKAGES):
        missing = " and ".join(name for name in PACKAGES if name not in paths)
        raise errors.UserError(
            f"litert={given} lacks {missing}; {_BY_HAND} writes both files on a machine with a "
            "network; pass the folder that they are in."
        )
    return paths


def _cached() -> dict[str, pathlib.Path]:
    folder = cache()
    paths = {name: folder / name for name in PACKAGES}
    if not all(path.is_file() for path in paths.values()):
        _fetch(folder)
    return paths


def _fetch(folder: pathlib.Path) -> None:
    """Lets npm write the packages into a folder, where only whole ones with their hash appear."""
    npm = shutil.which("npm")
    if not npm:
        raise errors.UserError(
            f"The page needs LiteRT.js {RELEASE}, and npm, which fetches it, is not installed; "
            f"install Node.js, or run {_BY_HAND} on another machine and pass the folder with both "
            "files as `litert`."
        )
    files.make_folder(folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetching-") as temporary:
        command = [npm, "pack", "--silent", f"--pack-destination={temporary}", *_SPECS]
        try:
            done = subprocess.run(
                command, cwd=temporary, capture_output=True, text=True, timeout=_PATIENCE
            )
            said = "" if done.returncode == 0 else _reason(done.stderr or done.stdout)
        except subprocess.TimeoutExpired:
            said = f"it took more than {_PATIENCE} seconds"
        if said:
            raise errors.UserError(
                f"npm could not fetch LiteRT.js {RELEASE} ({said}); try again with a network, or "
                f"run {_BY_HAND} on another machine and pass the folder with both files as "
                "`litert`."
            )
        for name in PACKAGES:
            _checked(pathlib.Path(temporary) / name, name)
        files.make_folder(folder)
        for name in PACKAGES:
            os.replace(pathlib.Path(temporary) / name, folder / name)


def _reason(text: str) -> str:
    """Returns the line of npm's messages that says most: the last one, without its prefix."""
    lines = [line.removeprefix("npm error").strip() for line in text.splitlines()]
    lines = [line for line in lines if line and "complete log" not in line]
    return lines[-1][:200].rstrip(".") if lines else "it gave no reason"


def _checked(path: pathlib.Path, name: str) -> bytes:
    """Returns the contents of a package, if it is the one whose hash is in PACKAGES."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise errors.UserError(
            f"{path} can't be read ({error.strerror}); remove it, then run the command again."
        ) from error
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if f"sha512-{digest}" != PACKAGES[name]:
        raise errors.UserError(
            f"{path} is not the package that npm's registry has under this name (its SHA-512 is "
            f"another); remove it, then run the command again, or get it by {_BY_HAND}."
        )
    return content


def _unpacked(packages: Mapping[str, bytes]) -> dict[str, bytes]:
    contents = {}
    for name, content in packages.items():
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:gz") as archive:
                for target, (package, member) in _FILES.items():
                    if package == name:
                        contents[target] = archive.extractfile(member).read()
    return {name: contents[name] for name in NAMES}

"""How to use a published run: the lines of Python and of the shell on its card."""

from collections.abc import Mapping

from stargan_tf.publishing import kinds
from stargan_tf.runs import hub, runs


def text(run: runs.Run, address: str, exports: Mapping[str, str], example: tuple[str, str]) -> str:
    """Returns the section.

    Args:
      run: The run.
      address: What to pass to `stargan_tf.load`.
      exports: Sentences about exports in the folder, by their path in it.
      example: What to ask for, and what an input has to be of for that; "": anything.
    """
    kind = kinds.of(run)
    extras = ",".join(filter(None, ["hub" * address.startswith(hub.SCHEME), kind.extra]))
    code = [
        "import stargan_tf",
        "",
        f'model = stargan_tf.load("{address}")',
        *kind.python(*example),
    ]
    parts = [
        _block("", [f'pip install "stargan-tf{f"[{extras}]" if extras else ""}"']),
        _block("python", code),
        "Or from a shell:",
        _block("", [kind.shell(address, *example)]),
    ]
    parts += ["\n".join(f"- `{path}`: {what}" for path, what in exports.items())] * bool(exports)
    return "\n\n".join(parts)


def _block(language: str, lines: list[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])

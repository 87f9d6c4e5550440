"""How to use a published run: the lines of Python and of the shell on its card."""

from collections.abc import Mapping

from stargan_tf.runs import hub, runs


def text(run: runs.Run, address: str, exports: Mapping[str, str], example: tuple[str, str]) -> str:
    """Returns the section.

    Args:
      run: The run.
      address: What to pass to `stargan_tf.load`.
      exports: Sentences about exports in the folder, by their path in it.
      example: A label to translate to, and what an image has to show for that; "": anything.
    """
    target, source = example
    extra = "[hub]" if address.startswith(hub.SCHEME) else ""
    code = [
        "import stargan_tf",
        "",
        f'model = stargan_tf.load("{address}")',
        *_translations(run, target, source),
    ]
    more = f" --from={_quoted(source)}" if source else ""
    more += " --seed=3" if run.has_styles else ""
    parts = [
        _block("", [f'pip install "stargan-tf{extra}"']),
        _block("python", code),
        "Or from a shell:",
        _block(
            "",
            [
                f"stargan translate --run={address} --image=face.jpg --to={_quoted(target)}{more} "
                "--output=out.png"
            ],
        ),
    ]
    parts += ["\n".join(f"- `{path}`: {what}" for path, what in exports.items())] * bool(exports)
    return "\n\n".join(parts)


def _translations(run: runs.Run, target: str, source: str) -> list[str]:
    """Returns lines that translate a photo in the ways that the run knows."""
    if source:
        return [f'model.translate("face.jpg", to="{target}", known="{source}").save("out.png")']
    if run.has_styles:
        return [
            f'model.translate("face.jpg", to="{target}", seed=3).save("out.png")',
            f'model.translate("face.jpg", to="{target}", reference="other.jpg").save("like.png")',
        ]
    lines = [f'model.translate("face.jpg", to="{target}").save("out.png")']
    if run.classifies:
        return [*lines, 'print(model.classify("face.jpg"))']
    if run.label_space.kind != "domains":
        known = run.label_space.names[-1]
        return [f'model.translate("face.jpg", to="{target}", known="{known}").save("out.png")']
    return lines


def _quoted(name: str) -> str:
    return f"'{name}'" if not name.replace("_", "").isalnum() else name


def _block(language: str, lines: list[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])

"""Converts files of sound and features, one or a folder of them. Imports no TensorFlow."""

import os
import pathlib

from stargan_tf.base import errors, files
from stargan_tf.inference import converter as converter_lib
from stargan_tf.inference import sequence_files, sounds
from stargan_tf.pictures import photo_jobs

READ = (*sounds.ENDINGS, sequence_files.ENDING)
WRITTEN = (".wav", sequence_files.ENDING)


def jobs(audio: pathlib.Path, output: pathlib.Path) -> photo_jobs.Jobs:
    """Lists the files to read and to write, and creates the folders of the output.

    Sub-folders are read too and become sub-folders of the output. In a folder sound becomes .wav
    and features become .npz; a single file becomes what `output` ends in.

    Args:
      audio: A file of sound (.wav, .flac) or of features (.npz), or a folder of them.
      output: A .wav or .npz file, or a folder if `audio` is one. It may lie inside `audio` and is
        not read then.

    Raises:
      UserError: There is nothing to read, the two don't fit together, two results would have one
        name, a file would be overwritten, or a folder can't be made.
    """
    if not audio.exists():
        raise errors.UserError(
            f"`audio`={audio} does not exist; name a file of sound or a folder of them."
        )
    pairs = _in_folder(audio, output) if audio.is_dir() else [_of_file(audio, output)]
    taken: dict[str, pathlib.Path] = {}
    for source, result in pairs:
        other = taken.setdefault(str(result).casefold(), source)
        if other != source:
            raise errors.UserError(
                f"{other} and {source} would both become {result}; rename one of them."
            )
        if result.exists() and any(result.samefile(one) for one, _ in pairs):
            raise errors.UserError(
                f"`output` would overwrite {result}, which is read; choose another."
            )
    for folder in dict.fromkeys(result.parent for _, result in pairs):
        files.make_folder(folder, "`output`")
    return photo_jobs.Jobs(tuple(pairs), audio.is_dir())


def _of_file(audio: pathlib.Path, output: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    if output.suffix.lower() not in WRITTEN:
        raise errors.UserError(
            f"`output` is written as .wav or as features (.npz); received {output}; end it in one "
            "of these."
        )
    return audio, output


def _in_folder(
    audio: pathlib.Path, output: pathlib.Path
) -> list[tuple[pathlib.Path, pathlib.Path]]:
    if output.suffix.lower() in WRITTEN or (output.exists() and not output.is_dir()):
        raise errors.UserError(
            f"`audio`={audio} is a folder, so `output` must be one too; received {output}."
        )
    if output.resolve() == audio.resolve():
        raise errors.UserError(
            f"`output`={output} is the folder of the sound itself: results would be read as sound "
            "the next time, or overwrite it; choose another folder."
        )
    found = []
    for folder, names, entries in os.walk(audio):
        names[:] = sorted(
            name for name in names
            if not name.startswith(".")
            and (pathlib.Path(folder) / name).resolve() != output.resolve()
        )  # fmt: skip
        for entry in sorted(entries):
            path = pathlib.Path(folder) / entry
            if path.suffix.lower() in READ and not entry.startswith("."):
                features = path.suffix.lower() == sequence_files.ENDING
                ending = sequence_files.ENDING if features else ".wav"
                found.append((path, output / path.relative_to(audio).with_suffix(ending)))
    if not found:
        raise errors.UserError(
            f"The folder `audio`={audio} holds no sound; name a folder with {', '.join(READ)} "
            "files."
        )
    return found


def convert(
    converter: converter_lib.Converter,
    audio: pathlib.Path,
    output: pathlib.Path,
    way: converter_lib.Way,
) -> str:
    """Converts a file of sound or features, writes the result, and returns a line about it.

    Features with a pitch become sound by pulses and noise, without a vocoder.

    Raises:
      UserError: The file can't be read, or can't become what `output` ends in.
    """
    about = converter.about_conversions
    to_features = output.suffix.lower() == sequence_files.ENDING
    if audio.suffix.lower() == sequence_files.ENDING:
        if way.spectral_gain:
            raise errors.UserError(
                f"`spectral_gain` keeps the fine structure of sound, which {audio} does not have; "
                "leave it out, or pass sound."
            )
        made = converter.sequence(sequence_files.read(audio), way)
        if to_features:
            sequence_files.write(output, made)
        else:
            sounds.synthesized(made, about.rule, about.name).save(output)
        return f"{way.source} to {way.target}, {len(made.features)} frames"
    given = sounds.read(audio)
    if to_features:
        heard = sounds.analyzed(given, about.rule, about.name)
        made = converter.sequence(sequence_files.Sequence(heard.features, heard.f0), way)
        sequence_files.write(output, made)
        length = f"{len(made.features)} frames"
    else:
        made = converter.sound(given, way)
        made.save(output)
        length = f"{len(made.samples) / made.rate:.1f} s"
    mixed = f", {given.channels} channels mixed down to one" if given.channels > 1 else ""
    return f"{way.source} to {way.target}, {length}{mixed}"

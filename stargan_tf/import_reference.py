r"""Imports weights that a paper's authors released, or that their program trained, as a run.

  python -m stargan_tf.import_reference --algorithm=stargan_v1 --generator=200000-G.ckpt \
      --discriminator=200000-D.ckpt --attributes=Black_Hair,Blond_Hair,Brown_Hair,Male,Young \
      --run_dir=runs/celeba
  python -m stargan_tf.import_reference --algorithm=stargan_v2 \
      --checkpoint=100000_nets_ema.ckpt --domains=cat,dog,wild --run_dir=runs/afhq
  python -m stargan_tf.import_reference --algorithm=cyclegan --generator_a=latest_net_G.pth \
      --domains=horse,zebra --step=200 --run_dir=runs/horse2zebra
  python -m stargan_tf.import_reference --algorithm=stargan_vc --gen=2000.gen.pt \
      --statistics=stat.npz --domains=bdl,clb,rms,slt --run_dir=runs/arctic

All other commands accept the run. The files may be PyTorch's (.ckpt, .pt, .pth; PyTorch itself is
not needed), .safetensors or .npz. No code in them is run.
"""

import dataclasses

from absl import flags

from stargan_tf import algorithms
from stargan_tf.algorithms import reference_files
from stargan_tf.base import errors
from stargan_tf.cli import command_line, train_flags
from stargan_tf.data import options as data_options
from stargan_tf.runs import importing

_ALGORITHM = flags.DEFINE_enum(
    "algorithm", None, list(importing.papers()), "The paper of the weights.", required=True
)
_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder to write the run to.", required=True)
_ATTRIBUTES = flags.DEFINE_string(
    "attributes", "", "The attributes of the labels, comma-separated, in the order of training."
)
_DOMAINS = flags.DEFINE_string(
    "domains", "", "Instead of --attributes: the domains, in the order of training (by name)."
)
_EXCLUSIVE = flags.DEFINE_string(
    "exclusive",
    importing.Request.exclusive,
    "Groups of attributes of which one image shows at most one: A,B;C,D.",
)
flags.DEFINE_integer(
    "image_size", None, "Pixels, if the files don't determine it (StarGAN v1 without D: 128).", 1
)
_STEP = flags.DEFINE_integer(
    "step",
    None,
    "The checkpoint's number; default: that at the start of the files' names.",
    1,
)


def _define_flags_of_papers() -> list[str]:
    """Defines flags for every paper's files and the options that they may lack; returns all."""
    names = []
    for name, module in importing.papers().items():
        for file in module.FILES:
            need = "needed" if file.required else "optional"
            flags.DEFINE_string(file.flag, None, f"[{name}, {need}] {file.help}")
            names.append(file.flag)
        kind = algorithms.hparams_class(name)
        fields = [f for f in dataclasses.fields(kind) if f.name in module.HPARAMS]
        train_flags.define(kind, fields, {field: [name] for field in module.HPARAMS})
        data = getattr(module, "DATA", {})
        for field in dataclasses.fields(data_options.DataOptions):
            if field.name in data:
                train_flags.define_one(field, None, f"[{name}] {data[field.name]}")
        names += [*module.HPARAMS, *data]
    return names


_OF_PAPERS = _define_flags_of_papers()


def main() -> None:
    """Imports the weights; writes the run only if everything fits."""
    request = importing.Request(
        _ALGORITHM.value,
        _RUN_DIR.value,
        {flag: flags.FLAGS[flag].value for flag in ("image_size", *_OF_PAPERS)},
        attributes=_ATTRIBUTES.value,
        domains=_DOMAINS.value,
        exclusive=_EXCLUSIVE.value,
        step=_STEP.value,
    )
    plan = importing.plan(request)
    command_line.import_tensorflow()
    print("\n".join(report(plan, importing.write(plan))))


def report(plan: importing.Plan, loaded: reference_files.Loaded) -> list[str]:
    """Returns the lines that say what was imported, and what to do next."""
    config, space = plan.config, plan.label_space
    size, directory = config.data.image_size, config.train.run_dir
    shape = plan.networks.sample_shape
    what = f"frames of {shape[-1]} features" if shape else f"{size} x {size} pixels"
    lines = [
        f"{config.train.algorithm}, {what}, {space.kind} {', '.join(space.names)}, step {plan.step}"
    ]
    if loaded.ignored:
        count, names = len(loaded.ignored), errors.some(loaded.ignored)
        lines.append(
            f"ignored  {count} {'tensor' if count == 1 else 'tensors'} without effect: {names}"
        )
    run = f"run      {directory}"
    if shape:
        from stargan_tf.inference import sounds

        ending = ".wav" if sounds.is_heard(sounds.rule(config.data, shape)) else ".npz"
        convert = f"{command_line.command('convert')} --run={directory} --audio=YOURS{ending}"
        way = f"--from={space.names[0]} --to={space.names[1]} --output=out{ending}"
        return [*lines, run, f"next     {convert} {way}"]
    targets = algorithms.algorithm_class(config.train.algorithm).targets(space)
    known, target = "", targets[min(loaded.target, len(targets) - 1)]
    if not loaded.classifies and space.kind == "attributes":
        known = f"--from={space.names[-1]} "
        lines.append("note     without a discriminator, say with --from what a photo shows")
    return [
        *lines,
        run,
        f"next     {command_line.command('translate')} --run={directory} "
        f"--image=YOUR_PHOTO.jpg {known}--to={target} --output=out.png",
    ]


if __name__ == "__main__":
    command_line.run(main)

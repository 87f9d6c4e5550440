"""Trains a StarGAN, or continues a training.

  python -m stargan_tf.train --flagfile=configs/quickstart.flags

A flag after the flag file overrides it. The same command again continues where the run stopped.
"""

import dataclasses
import pathlib

from stargan_tf.cli import command_line, train_flags


def main() -> int:
    """Wires data, devices and the loop together; returns the exit status."""
    config = train_flags.config_from_flags()
    # TensorFlow takes seconds to import: only now, so that --help and bad flags answer at once.
    command_line.import_tensorflow()
    from stargan_tf.data import loading
    from stargan_tf.data.pipeline import samplers
    from stargan_tf.evaluation import run_subject
    from stargan_tf.inference import conversion_samples, sounds
    from stargan_tf.layers import instance_norm
    from stargan_tf.runs import initial_weights, runs
    from stargan_tf.training import devices, loop, probe, supervision, trackers

    supervision.check(config.train)
    trackers.check(config.train.tracker)
    backend = instance_norm.chosen(config.train.normalization_backend)
    strategy = devices.make_strategy(config.train.strategy, config.train.logical_cpus)
    devices.check_batch_size(config.train.batch_size, strategy, config.train.accumulate)
    images = loading.load(config.data, "train")
    held_out = loading.load(config.data, "test")
    config = dataclasses.replace(config, data=loading.with_pack_crop(config.data, images))
    directory = pathlib.Path(config.train.run_dir)
    run = runs.Run(directory, config, images.label_space, images.sample_shape)
    run.check_data(images.example_spec)
    run.check()
    initial_weights.find(run)  # reports errors before every image is read
    for line in [*loading.describe_left_out(config.data), *images.notes()]:
        print(line, flush=True)
    images, held_out = (
        command_line.usable(part, config.data.on_corrupt) for part in (images, held_out)
    )
    run = run.with_statistics(images.statistics)
    if run.converts:
        rule = sounds.rule(config.data, run.sample_shape)
        count = config.train.sample_count
        examples = conversion_samples.ConversionSamples(held_out, count, rule)
    else:
        examples = samplers.spread_out(
            loading.sampler(held_out, config.data, seed=0, augment=False), config.train.sample_count
        )
    print(
        f"{config.train.algorithm} on {config.data.datasets or config.data.dataset}: "
        f"{images.size} training {images.noun}s of {', '.join(images.label_space.names)}; "
        f"devices: {', '.join(devices.names(strategy))}; instance normalization: {backend}\n"
        f"TensorBoard: {command_line.python()} -m tensorboard.main --logdir={run.directory}",
        flush=True,
    )
    sampler = loading.sampler(images, config.data, config.train.seed)
    watched = samplers.spread_out(
        loading.sampler(held_out, config.data, seed=0, augment=False), probe.IMAGES
    )
    means = supervision.Means(
        *watched,
        trained_on=[member.source.labels for member in sampler.members],
        data_sets=run_subject.members(images, held_out, config.data),
        wording=command_line.as_flags,
    )
    if config.data.fast_decode:
        for member in sampler.members:
            mean, most = samplers.fast_decode_error(member)
            print(f"--fast_decode: errors {mean:.1f} grey levels in the mean, {most:.0f} at most")
    return loop.train(run, strategy, sampler, examples, means)


if __name__ == "__main__":
    train_flags.define_train_flags()
    command_line.run(main)

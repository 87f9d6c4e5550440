"""The training loop: one compiled step after the other, for any algorithm."""

import functools
import time
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.base import errors
from stargan_tf.data.pipeline import samplers
from stargan_tf.runs import checkpoints, initial_weights, runs, training_time
from stargan_tf.training import (
    devices,
    evaluator,
    guarded_step,
    interruption,
    memory,
    previews,
    summaries,
    supervision,
    trackers,
)
from stargan_tf.training.trackers import board

# Python gives a GPU steps ahead of time. So many at most, which also bounds what is trained in vain
# after a loss that is not finite. They need no memory but their batches: a GPU's memory is given to
# operations in the order of the steps, and where about a thousand operations wait to start, CUDA
# lets Python wait too. (On CPUs a step is done when its call returns.)
_LOOK_EVERY = 100


def train(
    run: runs.Run,
    strategy: tf.distribute.Strategy,
    sampler: samplers.AnySampler,
    held_out: previews.HeldOut,
    means: supervision.Means = supervision.UNWATCHED,
) -> int:
    """Trains a run to its total_steps, from its newest checkpoint if it has one.

    Else it begins with the weights of the run that it is to start from, or with its own.

    Args:
      run: Its folder is made, or continued.
      strategy: The devices.
      sampler: Of the training images.
      held_out: What samples are made of: images (N, S, S, 3) in [-1, 1] and labels (N, width), or
        sequences.
      means: What to watch the training with.

    Returns:
      The exit status: 0, or 128 + the signal that stopped the run after a checkpoint, or 1 if an
      alert ended it.

    Raises:
      UserError: If a loss is not finite, or the run can't be continued.
    """
    options = run.config.train
    replicas = strategy.num_replicas_in_sync
    devices.check_batch_size(options.batch_size, strategy, options.accumulate)
    run.check()
    supervision.check(options)
    trackers.check(options.tracker)
    start = initial_weights.find(run)
    with run.claimed(), memory.explained(run, replicas):
        keras.utils.set_random_seed(options.seed)
        if options.deterministic:
            tf.config.experimental.enable_op_determinism()
        with strategy.scope():
            algorithm = run.build(replicas=replicas)
            lines = initial_weights.give(start, run, algorithm) if start else []
        measure = evaluator.Evaluator(options, algorithm, means.data_sets)
        supervision.check(options, measure.names)  # now that the metrics are known
        run = initial_weights.recorded(run, start)
        run.create()  # now that nothing is left to refuse
        saved = checkpoints.Checkpoints(run.checkpoint_dir, algorithm.state(), options.keep)
        step = max(saved.steps(), default=0)
        if start:
            saved.save(0)  # from here on the run needs the other one no more
            print("\n".join(lines), flush=True)
        elif saved.steps():
            saved.restore(step)
            print(f"Continuing {run.directory} from step {step}.", flush=True)
        watching = functools.partial(supervision.Supervisor, options, means, algorithm, measure)
        return _Loop(run, strategy, algorithm, saved, held_out, watching).steps(step, sampler)


class _Loop:
    """The state of one call of `train`."""

    def __init__(self, run, strategy, algorithm, saved, held_out, watching):
        self.run, self.options = run, run.config.train
        self.strategy = strategy
        self.algorithm: algorithm_lib.Algorithm = algorithm
        self.saved: checkpoints.Checkpoints = saved
        self.held_out, self.watching = held_out, watching
        self.progress: summaries.Progress | None = None
        self.board = board.Board(run, self._warn)
        self.take = compile_step(strategy, algorithm)

    def steps(self, step: int, sampler: samplers.AnySampler) -> int:
        """Takes the steps from `step` to the last; returns the exit status."""
        ending = "failed"
        try:
            status = self._steps(step, sampler)
            ending = "stopped" if status else "finished"
            return status
        finally:
            self.board.close(ending)

    def _steps(self, step: int, sampler: samplers.AnySampler) -> int:
        options, total = self.options, self.options.total_steps
        self.log = summaries.MetricsLog(self.run.directory / "metrics.jsonl", step)
        self.watch: supervision.Supervisor = self.watching(self.log.lines)
        self._call_best()
        images_per_step = options.batch_size * self.algorithm.batches_per_step
        self.progress = progress = summaries.Progress(
            step, total, images_per_step, "parts" if self.run.converts else "images"
        )
        batches = distribute(self.strategy, self.algorithm, sampler, options.batch_size, step)
        self.stopwatch = training_time.Stopwatch(
            self.run.directory, step, devices.names(self.strategy)
        )
        with interruption.requests() as received, progress.bar:
            while step < total and not received and not self.watch.ended:
                start = time.monotonic()
                batch = self._next(batches, sampler, step)
                progress.waited(time.monotonic() - start)
                losses = self.take(batch, tf.constant(step, tf.int64))
                progress.given()
                step += 1
                logs, samples, saves, looks = (
                    step % every == 0 or step == total
                    for every in (options.log_every, options.sample_every,
                                  options.checkpoint_every, _LOOK_EVERY)
                )  # fmt: skip
                if logs or samples or saves or looks or self.watch.due(step):
                    self._check_finite()  # which waits for the devices
                self.stopwatch.pause()
                self._tell(step, losses if logs else {})
                if samples and (shown := previews.of(self.algorithm, self.held_out)):
                    self.board.samples(step, shown)
                best = self.watch.is_best(step, self.saved.steps)
                if saves or best:
                    self._save(step, best=best)
                self.stopwatch.go_on()
            self._save_unsaved(step)
        return self._end(step, received)

    def _tell(self, step: int, losses: Mapping[str, tf.Tensor]) -> None:
        """Tells the losses of a step, if there are any, and whatever else is due then."""
        numbers = {name: float(loss) for name, loss in losses.items()}
        start = time.monotonic()
        numbers |= self.watch.seen(step)
        self.progress.watched(time.monotonic() - start)
        if not numbers:
            return
        marks, texts = self.watch.judged(step, numbers)
        self.log.write(step, numbers | marks)
        self.board.scalars(step, numbers | marks | self.progress.show(step, numbers))
        for text in texts:
            self.progress.bar.say(f"warning: {text}")
            self.board.text(step, "alerts", text)

    def _warn(self, text: str) -> None:
        """Tells the user a warning, above the bar if there is one."""
        (self.progress.bar.say if self.progress else print)(text)

    def _call_best(self) -> None:
        """Does what a training may have been killed before: to call a checkpoint the best."""
        best = self.watch.best(self.saved.steps())
        if best is not None and best != self.saved.best():
            self.saved.call_best(best)

    def _end(self, step: int, received: list[int]) -> int:
        """Says why the training ends; returns the exit status."""
        directory = self.run.directory
        if self.watch.ended:
            print(
                f"Ended {directory} at step {step}, saved: {self.watch.ended}. The same command "
                "without this rule continues from there.", flush=True,
            )  # fmt: skip
            return 1 if self.watch.failed else 0
        if step < self.options.total_steps:
            print(
                f"Stopped at step {step}, saved. The same command continues from there.", flush=True
            )
            return 128 + received[0]
        print(f"Trained {directory} to step {step}.", flush=True)
        return 0

    def _next(self, batches: Iterator[Any], sampler: samplers.AnySampler, step: int) -> Any:
        """Returns the batch of `step`; where it can't be made, names the image that is to blame."""
        broken = (tf.errors.InvalidArgumentError, tf.errors.NotFoundError)
        try:
            return next(batches)
        except broken:
            self._save_unsaved(step)
            for member in sampler.members:
                source = member.source
                for index, reason in source.problems(thorough=True).items():
                    raise errors.UserError(
                        f"{source.describe(index)} is damaged or gone ({reason}), so training "
                        f"stopped at step {step}; replace the file and run the same command again."
                    ) from None
            raise

    def _save_unsaved(self, step: int) -> None:
        """Saves where training stops between two checkpoints."""
        self._check_finite()
        if step and step not in self.saved.steps():
            self.stopwatch.pause()
            self._save(step)

    def _save(self, step: int, *, best: bool = False) -> None:
        """Saves, and the time that it took to come here: before, so that none is without."""
        self.stopwatch.write(step)
        self.saved.save(step, best=best)

    def _check_finite(self) -> None:
        """Raises a UserError if a loss of any step so far was not finite."""
        bad = self.take.first_not_finite()
        if bad:
            steps = self.saved.steps()
            newest = f"of step {steps[-1]} is the last good one" if steps else "was not written"
            raise errors.UserError(
                f"The loss {bad.name} is {bad.value} at step {bad.step}, so training "
                f"stopped; the checkpoint {newest}; {self.saved.start_again()}."
            )


def distribute(
    strategy: tf.distribute.Strategy,
    algorithm: algorithm_lib.Algorithm,
    sampler: samplers.AnySampler,
    batch_size: int,
    first_step: int,
) -> Iterator[Any]:
    """Yields the batches from `first_step` on, each replica with its slice.

    Not `strategy.distribute_datasets_from_function`: its iterator alone, before it has given
    anything, doubled the time of a step on CPUs (TensorFlow 2.21: 165 ms became 333).
    """
    replicas = strategy.num_replicas_in_sync
    slices = samplers.Slices(batch_size, replicas, local=replicas)
    dataset = iter(algorithm.inputs(sampler, slices, first_step))
    while True:
        parts = [next(dataset) for _ in range(replicas)]
        yield (
            parts[0]
            if replicas == 1
            else strategy.experimental_distribute_values_from_function(
                lambda context, parts=parts: parts[context.replica_id_in_sync_group]
            )
        )


def compile_step(
    strategy: tf.distribute.Strategy, algorithm: algorithm_lib.Algorithm
) -> guarded_step.GuardedStep:
    """Returns (batch, step) -> losses, averaged over the replicas: one graph for a whole step."""
    return guarded_step.GuardedStep(strategy, algorithm)

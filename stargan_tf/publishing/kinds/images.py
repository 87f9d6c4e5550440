"""Runs that translate images."""

from typing import Any

import numpy as np

from stargan_tf.algorithms import algorithm as algorithm_lib
from stargan_tf.data import option_checks
from stargan_tf.pictures import photos
from stargan_tf.publishing.kinds import kind
from stargan_tf.serving import tflite_images

_COMPARED = 8  # drawn faces


class Images(kind.Kind):
    """Compared on drawn faces, in grey levels."""

    task, noun, outputs, compared_on = "image-to-image", "images", "translations", "drawn faces"
    drawn = option_checks.DRAWN
    drawn_about = ", which this package draws: no person's picture is in it"

    def introduction(self) -> str:
        """See `Kind`."""
        size, space = self.run.config.data.image_size, self.run.label_space
        targets = self.run.targets
        return (
            f"This model translates images of {size} x {size} pixels to "
            f"{len(targets)} {space.what}{'s' * (len(targets) > 1)}: {kind.listed(targets)}."
        )

    def directions(self, algorithm: Any) -> list[tuple[str, str]]:
        """See `Kind`."""
        if isinstance(algorithm, algorithm_lib.Directional):
            names = self.run.label_space.names
            return [(names[target], names[source]) for source, target in algorithm.directions]
        return [(name, "") for name in self.run.targets]

    def networks(self, algorithm: Any) -> tuple[str, ...]:
        """See `Kind`."""
        return algorithm.translating_networks()

    def made(self, algorithm: Any) -> np.ndarray:
        """Returns translations of drawn faces in grey levels, as float64."""
        run = self.run
        drawn = tflite_images.drawn(run.label_space, _COMPARED, run.config.data.image_size)
        nothing = np.zeros(run.label_space.width, np.float32)

        def label(name: str) -> np.ndarray:
            return run.label_space.edited(nothing, (name,) if name else ())

        wanted = self.directions(algorithm)
        pairs = [wanted[i % len(wanted)] for i in range(_COMPARED)]
        labels, sources = (np.stack([label(pair[side]) for pair in pairs]) for side in (0, 1))
        if isinstance(algorithm, algorithm_lib.Directional):
            images = algorithm.translate_from(drawn.samples, sources, labels)
        else:
            images = algorithm.translate(drawn.samples, labels)
        return photos.to_uint8(np.asarray(images)).astype(np.float64)

    def told(self, difference: float) -> str:
        """See `Kind`."""
        return f"{difference:.2f} grey levels"

    def python(self, target: str, source: str) -> list[str]:
        """Returns lines that translate a photo in the ways that the run knows."""
        run = self.run
        if source:
            return [f'model.translate("face.jpg", to="{target}", known="{source}").save("out.png")']
        if run.has_styles:
            return [
                f'model.translate("face.jpg", to="{target}", seed=3).save("out.png")',
                f'model.translate("face.jpg", to="{target}", reference="other.jpg")'
                '.save("like.png")',
            ]
        lines = [f'model.translate("face.jpg", to="{target}").save("out.png")']
        if run.classifies:
            return [*lines, 'print(model.classify("face.jpg"))']
        if run.label_space.kind != "domains":
            known = run.label_space.names[-1]
            return [f'model.translate("face.jpg", to="{target}", known="{known}").save("out.png")']
        return lines

    def shell(self, address: str, target: str, source: str) -> str:
        """See `Kind`."""
        more = f" --from={kind.quoted(source)}" if source else ""
        more += " --seed=3" if self.run.has_styles else ""
        return (
            f"stargan translate --run={address} --image=face.jpg --to={kind.quoted(target)}{more} "
            "--output=out.png"
        )

    def limits(self) -> list[str]:
        """See `Kind`."""
        size = self.run.config.data.image_size
        lines = [
            f"Images become {size} x {size} pixels: photos are cut to their centred square and "
            "scaled.",
            "It knows images like those that it was trained on; others were not tested.",
        ]
        if self.is_drawn and not self.run.imported:
            return [
                *lines,
                "It has seen drawings only, so photos of people get the colours and lines of a "
                "drawing.",
            ]
        return [
            *lines,
            "Its labels are those of the training data. What it makes of a picture of a person, or "
            "says of one, is no fact about that person.",
        ]

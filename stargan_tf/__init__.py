"""StarGAN and StarGAN v2 in TensorFlow and Keras: from a folder of images to deployment.

    import stargan_tf

    model = stargan_tf.load("runs/quickstart")  # the folder of a trained or imported run
    picture = model.translate("face.jpg", to="Blond_Hair")  # of a path: an image of Pillow
    picture.save("blond.png")
    print(model.names, model.classify("face.jpg"))

A model also takes images of Pillow, arrays and lists. A run of StarGAN v2 translates to styles:
`model.translate(photo, to="cat", seed=3)`, or `reference=another_photo`. Commands train
(`python -m stargan_tf.train`), measure, export and serve runs. Importing this package imports no
TensorFlow; `load` does.
"""

import os
import typing

if typing.TYPE_CHECKING:
    from stargan_tf.inference.model import Model

__version__ = "0.1.0"


def load(run_dir: str | os.PathLike[str], checkpoint: str | int = "latest") -> "Model":
    """Returns the model of a run.

    Args:
      run_dir: The run's folder, such as "runs/quickstart"; or the name of a run that comes with the
        package, such as "cartoon_faces_v1" (a folder of that name comes first); or one on the
        Hugging Face hub, "hf://USER/NAME" or "hf://USER/NAME@REVISION", which is kept in a cache.
      checkpoint: "latest", "best" or a step.

    Raises:
      UserError: The folder is not a run's, or has no such checkpoint, or the run can't be fetched.
    """
    from stargan_tf.inference import model
    from stargan_tf.runs import runs

    return model.Model(runs.open_run(run_dir, "run_dir"), checkpoint)

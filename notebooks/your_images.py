# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a folder of images to a page in the browser
#
# This notebook trains StarGAN on a folder of images, looks at what it has learned, translates a
# photo, and writes a page that translates in the visitor's own browser. Every line that begins with `!`
# is a command that a terminal takes as well.
#
# It needs `pip install -e ".[tflite]"` in the clone, and npm for the page at the end.

# %%
import os
import pathlib
import sys

import numpy as np
import PIL.Image
from IPython.display import Image, display

import stargan_tf

PYTHON = sys.executable  # that of this notebook

# %% [markdown]
# ## The images
#
# Put the images of each domain into a folder of their own: `images/cats/*.jpg`,
# `images/dogs/*.jpg`, and so on; two domains or more, each with a few hundred images. If there are
# none, the next cell draws faces with black and with blond hair, so that you can try everything.

# %%
IMAGES = pathlib.Path("images")
SIZE = 64  # pixels; 128 and more want a GPU
STEPS = int(os.environ.get("NOTEBOOK_STEPS", 1500))  # 1,500: some minutes for two CPU cores
DRAWN = int(os.environ.get("NOTEBOOK_IMAGES", 300))  # of each domain, if faces are drawn

if not IMAGES.exists():
    from stargan_tf.data.sources import cartoon_faces

    faces = cartoon_faces.CartoonFaces(
        "train", SIZE, 2 * DRAWN, ("Black_Hair", "Blond_Hair"), as_domains=True
    )
    for number in range(faces.size):
        domain = faces.label_space.names[faces.labels[number].argmax()]
        (IMAGES / domain).mkdir(parents=True, exist_ok=True)
        face = PIL.Image.fromarray(np.asarray(faces.load(number)))
        face.save(IMAGES / domain / f"{number:04d}.png")

DOMAINS = sorted(folder.name for folder in IMAGES.iterdir() if folder.is_dir())
DOMAINS

# %% [markdown]
# ## Is anything wrong with them?
#
# The doctor finds images that are broken, there twice, too small or oddly cut, and shows the images
# as training sees them.

# %%
# !{PYTHON} -m stargan_tf.doctor --dataset=image_folder --data_dir={IMAGES} --image_size={SIZE} --run_dir=runs/notebook --notime

# %%
Image("runs/notebook/doctor/contact_sheet.png")

# %% [markdown]
# ## Train
#
# A narrow network, with the flags for laptops. If the cell is stopped, run it again: it continues
# where it was. [What to watch](../docs/training.md#is-it-learning).

# %%
# !{PYTHON} -m stargan_tf.train --dataset=image_folder --data_dir={IMAGES} --image_size={SIZE} --run_dir=runs/notebook --g_conv_dim=16 --g_repeat_num=2 --d_conv_dim=16 --d_repeat_num=4 --n_critic=2 --batch_size=8 --g_lr=3e-4 --d_lr=1e-3 --lambda_rec=30 --total_steps={STEPS} --checkpoint_every={STEPS} --sample_every={STEPS}

# %% [markdown]
# Each row is an image that the network has never seen, and what it becomes in every domain.

# %%
SHEET = sorted(pathlib.Path("runs/notebook/samples").glob("step-*-targets.*"))[-1]
Image(str(SHEET))

# %% [markdown]
# ## How good is it?
#
# The difference after there and back, in grey levels, on held-out images. With
# `--metrics=classification`, a classifier is trained on the real images and asked what it takes the
# translations for. [All metrics](../docs/evaluation.md).

# %%
# !{PYTHON} -m stargan_tf.evaluate --run=runs/notebook --metrics=cycle

# %% [markdown]
# ## Translate a photo

# %%
model = stargan_tf.load("runs/notebook")
photo = sorted((IMAGES / DOMAINS[0]).iterdir())[0]
translated = model.translate(photo, to=DOMAINS[1])
display(PIL.Image.open(photo), translated)

# %% [markdown]
# ## A page in the browser
#
# The page runs the network in the visitor's browser; photos never leave it. Put the folder on any
# web server, or look at it here: `python -m http.server --directory site 8000`.

# %%
# !{PYTHON} -m stargan_tf.export.web --run=runs/notebook --output=site --license=cc-by-4.0

# %% [markdown]
# For servers and phones there are `stargan_tf.export.saved_model`, `stargan_tf.export.tflite` and
# `stargan_tf.export.onnx`: [deployment](../docs/deployment.md).

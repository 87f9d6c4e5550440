"""Runs that come with the package, a folder for each: `stargan_tf.load("cartoon_faces_v1")`.

`make pretrained` writes them, from the runs of the quickstarts: drawn faces, nobody's data.
"""

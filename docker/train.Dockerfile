# Trains on NVIDIA GPUs. The driver and the NVIDIA Container Toolkit are the host's; CUDA and cuDNN
# come with TensorFlow. From the repository's folder:
#
#   docker build --file docker/train.Dockerfile --tag stargan-train .
#   docker run --gpus all --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" stargan-train \
#       --flagfile=v1_folder.flags --data_dir=/work/DIR --run_dir=/work/runs/x
#
# A training that is stopped (docker stop --time=120) finishes its step and writes a checkpoint; the
# same command continues it.
FROM python:3.12-slim-bookworm AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.12-slim-bookworm
# Progress appears at once where output is no terminal.
ENV PYTHONUNBUFFERED=1
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir "$(echo /wheel/*.whl)[cuda,metrics,video]" && rm -r /wheel
# Any user may run it, so what programs keep in a home lies in the volume, too.
ENV HOME=/work
WORKDIR /work
ENTRYPOINT ["stargan", "train"]
CMD ["--help"]

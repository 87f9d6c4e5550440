# The web demo, on a CPU, with the runs that come with the package. From the repository's folder:
#
#   docker build --file docker/demo.Dockerfile --tag stargan-demo .
#   docker run --rm --publish 127.0.0.1:7860:7860 stargan-demo
#   docker run --rm --publish 127.0.0.1:7860:7860 --volume "$PWD/runs:/runs:ro" stargan-demo --run=/runs/x
FROM python:3.12-slim-bookworm AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.12-slim-bookworm
# The address of the page appears at once where output is no terminal.
ENV PYTHONUNBUFFERED=1
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir "$(echo /wheel/*.whl)[demo]" && rm -r /wheel \
    && useradd --create-home --uid 10001 visitor
USER 10001
WORKDIR /home/visitor
EXPOSE 7860
# Inside the container every address listens; docker publishes it on this machine only, as above.
ENTRYPOINT ["stargan", "demo", "--host=0.0.0.0"]

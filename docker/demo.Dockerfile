# The web demo, on a CPU, with the runs that come with the package. From the repository's folder:
#
#   docker build --file docker/demo.Dockerfile --tag stargan-demo .
#   docker run --rm --network=host stargan-demo
#   docker run --rm --network=host --volume "$PWD/runs:/runs:ro" stargan-demo --run=/runs/x
#
# The page is at http://127.0.0.1:7860/, for the host alone: the demo listens nowhere else. Docker
# Desktop has host networking as a setting.
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
ENTRYPOINT ["stargan", "demo"]

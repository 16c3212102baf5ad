# Nothing is installed but what deploy/lock pinned, by its hash, and nothing but talmach itself is built here.
# The base: Python 3.13 with venv and ensurepip, under /usr; deploy/prove-image gives one made of Debian's packages.
ARG BASE_IMAGE=python:3.13-slim-trixie

# Build: talmach and its dependencies in a virtual environment, the embedded models inside the package. Where pip needs
# settings of its own (an index, a proxy, certificates), they come as the secret `pip.conf` and stay in no layer.
FROM ${BASE_IMAGE} AS build
WORKDIR /source
ENV PIP_CONFIG_FILE=/run/secrets/pip.conf \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
COPY deploy/requirements*.txt ./
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.pem \
    python3 -m venv /build \
    && python3 -m venv --without-pip /opt/talmach \
    && /build/bin/pip --python /opt/talmach/bin/python install --no-deps --require-hashes --only-binary :all: -r requirements.txt \
    && /build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.txt
COPY . .
RUN /build/bin/pip wheel --no-build-isolation --no-index --no-deps --wheel-dir /wheels . \
    && /build/bin/pip --python /opt/talmach/bin/python install --no-index --no-deps /wheels/*.whl \
    # 17 MB of tests, most of them of numpy.
    && find /opt/talmach -depth -type d -name tests -exec rm -r {} +
# What the environment is made of, for whoever asks later: CycloneDX, of Python's packages.
RUN /build/bin/cyclonedx-py environment --output-reproducible --output-file /opt/talmach/sbom.cdx.json /opt/talmach/bin/python

# The same with NVIDIA's cuBLAS beside it. The driver comes from the machine, by NVIDIA's container toolkit.
FROM build AS build-gpu
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.pem \
    /build/bin/pip --python /opt/talmach/bin/python install --no-deps --require-hashes --only-binary :all: -r requirements-gpu.txt \
    && /build/bin/cyclonedx-py environment --output-reproducible --output-file /opt/talmach/sbom.cdx.json /opt/talmach/bin/python

# The same with what `talmach models pull` converts by. PyTorch alone is not pinned by a hash: PyPI's brings 5 GB of CUDA,
# and where the build for CPUs comes from is a matter of pip's settings.
FROM build AS build-convert
ARG TORCH=torch==2.13.0
RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.pem \
    /build/bin/pip --python /opt/talmach/bin/python install --only-binary :all: ${TORCH} \
    && /build/bin/pip --python /opt/talmach/bin/python install --require-hashes --only-binary :all: -r requirements-convert.txt \
    && /build/bin/cyclonedx-py environment --output-reproducible --output-file /opt/talmach/sbom.cdx.json /opt/talmach/bin/python

# The image: no sources, no build tools, no network needed. The same base, so that the environment's python is there.
FROM ${BASE_IMAGE} AS runtime
# Models that were pulled elsewhere are mounted here; empty, the packaged ones are served. A new volume gets this owner.
RUN install --directory --owner 10001 --group 10001 /models
VOLUME /models
# A number, so that Kubernetes' runAsNonRoot can tell that it is not root.
USER 10001:10001
# Plaintext is for the container's own network: publish ports on 127.0.0.1 only, or set the TALMACH_TLS_* files.
ENV PATH=/opt/talmach/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TALMACH_ADDRESS=0.0.0.0:50051 \
    TALMACH_ALLOW_PLAINTEXT=true \
    TALMACH_HTTP_ADDRESS=0.0.0.0:5000 \
    TALMACH_METRICS_ADDRESS=0.0.0.0:9464 \
    TALMACH_MODELS_DIR=/models
EXPOSE 50051 5000 9464
STOPSIGNAL SIGTERM
# Healthy when every model has translated its golden sentences; not while starting or draining.
# Asks the server of these settings, with TLS too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["talmach", "health"]
ENTRYPOINT ["talmach"]
CMD ["serve"]
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title=talmach \
    org.opencontainers.image.description="gRPC service that translates and summarises news articles between Russian, Belarusian and English, offline." \
    org.opencontainers.image.licenses=Apache-2.0 \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}

# `docker build --target gpu -t talmach:gpu .`
FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    TALMACH_DEVICE=cuda
COPY --from=build-gpu /opt/talmach /opt/talmach

# `docker build --target convert -t talmach:convert .`; serves nothing: `docker run -v …:/models talmach:convert models pull opus-mt`
FROM runtime AS convert
COPY --from=build-convert /opt/talmach /opt/talmach
# The user has no home.
ENV HF_HOME=/tmp/hub
HEALTHCHECK NONE

# `docker build -t talmach .`
FROM runtime AS cpu
COPY --from=build /opt/talmach /opt/talmach

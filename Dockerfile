# Build stage: talmach and its dependencies in a virtual environment, the embedded models inside the package.
# Nothing is installed but what deploy/lock pinned, by its hash, and nothing but talmach itself is built here.
FROM python:3.12-slim AS build
WORKDIR /source
COPY deploy/requirements.txt deploy/requirements-build.txt ./
RUN python -m venv /opt/talmach \
    && /opt/talmach/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt \
    && pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.txt
COPY . .
RUN pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels . \
    && /opt/talmach/bin/pip install --no-cache-dir --no-index --no-deps /wheels/*.whl

# The image: no sources, no build tools, no network needed. The same base, so that the environment's python is there.
FROM python:3.12-slim
COPY --from=build /opt/talmach /opt/talmach
# Models that were pulled elsewhere are mounted here; empty, the packaged ones are served.
RUN mkdir /models
VOLUME /models
# A number, so that Kubernetes' runAsNonRoot can tell that it is not root.
USER 10001:10001
# Plaintext is for the container's own network: publish the port on 127.0.0.1 only, or set the TALMACH_TLS_* files.
ENV PATH=/opt/talmach/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TALMACH_ADDRESS=0.0.0.0:50051 \
    TALMACH_ALLOW_PLAINTEXT=true \
    TALMACH_METRICS_ADDRESS=0.0.0.0:9464 \
    TALMACH_MODELS_DIR=/models
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
# Healthy when every model has translated its golden sentences; not while starting or draining.
# Asks the server of these settings, with TLS too.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["talmach", "health"]
ENTRYPOINT ["talmach"]
CMD ["serve"]

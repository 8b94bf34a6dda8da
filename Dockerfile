# One image for both roles; CLIPNET_ROLE picks one. Releases pin the base: --build-arg BASE=python:3.11-slim@sha256:…
ARG BASE=python:3.11-slim
FROM ${BASE} AS build
WORKDIR /src
COPY requirements.lock carriers.lock ./
RUN python -m venv /opt/clipnet \
    && /opt/clipnet/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/clipnet/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r carriers.lock

FROM ${BASE}
RUN useradd --system --create-home --uid 10001 clipnet
COPY --from=build /opt/clipnet /opt/clipnet
WORKDIR /app
COPY pyproject.toml ./
COPY clipnet clipnet
COPY db db
COPY pipeline pipeline
COPY bot bot
COPY ops_commands ops_commands
COPY web web
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CLIPNET_STATE_DIR=/home/clipnet/state \
    WEB_HOST=0.0.0.0
USER clipnet
# No shell between the platform and the process, so that SIGTERM arrives and running steps can drain.
ENTRYPOINT ["/opt/clipnet/bin/python", "-m", "clipnet"]
CMD ["serve"]

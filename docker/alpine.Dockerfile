# PokerTool on Alpine: the small base with another libc.
#
# The stages are those of slim.Dockerfile. It is skipped, and says so, where python:3.13-alpine
# cannot be had: no stand-in can be made of it, since musl comes from Alpine's registry alone. It has
# therefore not been built on machines without a registry.
#
# The core set only: opencv-python-headless has no wheel for musl.
#
# The secret `ca-certificates` is optional: the CA bundle of a network whose proxy signs TLS anew.
# It is mounted over the image's own bundle while a step runs and stays in no layer.

FROM python:3.13-alpine AS base

# --- the dependencies, in a virtual environment at its final path ----------------------------------
FROM base AS dependencies
ARG REQUIREMENTS=core
RUN python -m venv --without-pip /opt/venv
# Every pin of core has a wheel for musl: --only-binary fails at once where one has not, and nothing
# compiles. (ml has none for OpenCV.)
RUN --mount=type=cache,id=pokertool-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=bind,source=requirements,target=/requirements \
    set -- --requirement /requirements/core.txt; \
    if [ "$REQUIREMENTS" != core ]; then set -- "$@" --requirement "/requirements/$REQUIREMENTS.txt"; fi; \
    pip --python /opt/venv/bin/python install --no-compile --require-hashes --only-binary=:all: \
        --disable-pip-version-check --root-user-action=ignore "$@"
# What is for the distributions' developers goes, see slim.Dockerfile.
RUN find /opt/venv/lib -type d \( -name tests -o -path '*/sqlalchemy/testing' \) -prune -exec rm -rf {} + && \
    find /opt/venv/lib -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' \) -delete && \
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib && \
    mkdir -p /out/opt && mv /opt/venv /out/opt/ && find /out -exec touch -h -d @0 {} +

# --- the front end ---------------------------------------------------------------------------------
FROM node:22-alpine AS frontend
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
# Node does not read the system's bundle: it is told, where the secret is there.
RUN --mount=type=cache,id=pokertool-npm,target=/root/.npm \
    --mount=type=secret,id=ca-certificates \
    if [ -s /run/secrets/ca-certificates ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca-certificates; fi; \
    npm ci --ignore-scripts --prefer-offline
COPY frontend/ ./
RUN npm run build && \
    mkdir -p /out/app/frontend && mv dist /out/app/frontend/ && \
    chmod -R u=rwX,go=rX /out && find /out -exec touch -h -d @0 {} +

# --- the application, compiled ---------------------------------------------------------------------
FROM base AS application
COPY src/pokertool /app/src/pokertool
# The modes of a checkout depend on its umask and its times on the clock; here neither does, and
# nobody but root may write.
RUN chmod -R u=rwX,go=rX /app && \
    python -m compileall -q --invalidation-mode unchecked-hash /app/src && \
    mkdir /out && mv /app /out/ && find /out -exec touch -h -d @0 {} +

# --- the image -------------------------------------------------------------------------------------
FROM base

# apk keeps what it downloads in the folder that it is told. Not in /etc/apk/cache: the mount would
# leave that folder behind, and with it every later apk would keep a cache in its layer. The bundle
# is mounted here too: apk speaks TLS.
RUN --mount=type=cache,id=pokertool-apk,target=/var/cache/apk,sharing=locked \
    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    apk add --cache-dir /var/cache/apk tesseract-ocr tesseract-ocr-data-eng

RUN addgroup -g 10001 pokertool && \
    adduser -D -H -u 10001 -G pokertool -h /data -s /sbin/nologin pokertool && \
    install -d -o 10001 -g 0 -m 1777 /data

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app/src \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_THREAD_LIMIT=1 \
    POKERTOOL_DATA_DIR=/data \
    API_HOST=0.0.0.0 \
    API_PORT=5001

COPY --from=dependencies /out/ /
# The published image has no bytecode of the standard library, and the service may write none: what
# it imports is compiled here once.
RUN PYTHONDONTWRITEBYTECODE= python -c "import argparse, concurrent.futures.thread, ctypes.util, encodings.idna, sqlite3, fastapi, multipart, psycopg2, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite, uvicorn.lifespan.on, uvicorn.loops.auto, uvicorn.protocols.http.auto"
COPY --from=frontend /out/ /
COPY --from=application /out/ /

WORKDIR /app
USER 10001:10001
EXPOSE 5001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --start-interval=1s --retries=3 \
    CMD ["python", "-m", "pokertool.healthcheck"]
CMD ["python", "-m", "pokertool"]

LABEL org.opencontainers.image.title="PokerTool" \
      org.opencontainers.image.description="Equity, hand histories and screenshots of poker tables" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

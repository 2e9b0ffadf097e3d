# PokerTool on distroless: no shell, no package manager, nothing but Python and the service.
#
# The stages are those of slim.Dockerfile. What differs: builder and runtime must agree on the
# interpreter's minor version and path and on libc, since compiled modules and the virtual
# environment are copied from one to the other. Distroless is made of Debian 13's own packages
# (Python 3.13 at /usr/bin/python3.13), so the builder is Debian 13 with its own Python.
#
#   REQUIREMENTS=ml installs the ml set as well.
#
# The secret `ca-certificates` is optional: the CA bundle of a network whose proxy signs TLS anew.
# It is mounted over the builder's own bundle while a step runs and stays in no layer.

ARG RUNTIME=gcr.io/distroless/python3-debian13:nonroot

FROM ${RUNTIME} AS base

# --- Debian's Python, as the runtime has it --------------------------------------------------------
FROM debian:13-slim AS python
# The packages are cached between builds, so Debian's image may not delete them after each call.
RUN rm -f /etc/apt/apt.conf.d/docker-clean
# pip comes as the wheel that Debian keeps for virtual environments: nothing else of it is needed.
RUN --mount=type=cache,id=pokertool-apt-cache-trixie-python,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=pokertool-apt-lists-trixie-python,target=/var/lib/apt,sharing=locked \
    apt-get update && \
    apt-get install -y --no-install-recommends binutils ca-certificates python3 python3-pip-whl

# --- what the system has to have: tesseract --------------------------------------------------------
FROM debian:13-slim AS system
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,id=pokertool-apt-cache-trixie,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=pokertool-apt-lists-trixie,target=/var/lib/apt,sharing=locked \
    --mount=type=bind,source=docker/collect-program.sh,target=/collect-program.sh \
    --mount=type=bind,from=base,target=/runtime \
    sh /collect-program.sh /runtime /collected tesseract-ocr tesseract \
        /usr/share/tesseract-ocr/5/tessdata/eng.traineddata

# --- the dependencies, in a virtual environment at its final path ----------------------------------
FROM python AS dependencies
ARG REQUIREMENTS=core
# Its python is a link to /usr/bin/python3.13, which the runtime has as well.
RUN python3.13 -m venv --without-pip /opt/venv
RUN --mount=type=cache,id=pokertool-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=bind,source=requirements,target=/requirements \
    set -- --requirement /requirements/core.txt; \
    if [ "$REQUIREMENTS" != core ]; then set -- "$@" --requirement "/requirements/$REQUIREMENTS.txt"; fi; \
    PYTHONPATH=$(echo /usr/share/python-wheels/pip-*.whl) \
    python3.13 -m pip --python /opt/venv/bin/python install --no-compile --require-hashes \
        --only-binary=:all: --disable-pip-version-check --root-user-action=ignore "$@"
# What is for the distributions' developers goes, see slim.Dockerfile.
RUN find /opt/venv/lib -type d \( -name tests -o -path '*/sqlalchemy/testing' \) -prune -exec rm -rf {} + && \
    find /opt/venv/lib -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' \) -delete && \
    find /opt/venv/lib -path '*/sqlalchemy/*' -name '*.so' -exec strip --strip-debug {} + && \
    python3.13 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib && \
    mkdir -p /out/opt && mv /opt/venv /out/opt/ && find /out -exec touch --no-dereference --date=@0 {} +

# --- the front end ---------------------------------------------------------------------------------
FROM node:22-slim AS frontend
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
    chmod -R u=rwX,go=rX /out && find /out -exec touch --no-dereference --date=@0 {} +

# --- the application, compiled, and the folder that it may write -----------------------------------
FROM python AS application
COPY src/pokertool /app/src/pokertool
# The modes of a checkout depend on its umask and its times on the clock; here neither does, and
# nobody but root may write.
RUN chmod -R u=rwX,go=rX /app && \
    python3.13 -m compileall -q --invalidation-mode unchecked-hash /app/src && \
    mkdir /out && mv /app /out/ && find /out -exec touch --no-dereference --date=@0 {} +

FROM debian:13-slim AS data
# The mode of /tmp: any user id may write, and a `--tmpfs /data` takes the mode but not the owner.
RUN install -d -o 65532 -g 0 -m 1777 /folders/data && touch --date=@0 /folders /folders/data

# --- the image -------------------------------------------------------------------------------------
FROM base

ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app/src \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    TESSDATA_PREFIX=/usr/share/tesseract-ocr/5/tessdata \
    OMP_THREAD_LIMIT=1 \
    POKERTOOL_DATA_DIR=/data \
    API_HOST=0.0.0.0 \
    API_PORT=5001

COPY --from=data /folders/ /
COPY --from=system /collected/ /
COPY --from=dependencies /out/ /
# Distroless has no bytecode of the standard library, and the service may write none: what it
# imports is compiled here once. There is no shell: the exec form, and the variable that forbids it is
# set behind it, since what the interpreter itself loads at its start is to be compiled as well.
USER 0
RUN ["/opt/venv/bin/python", "-c", "import argparse, concurrent.futures.thread, ctypes.util, encodings.idna, sqlite3, fastapi, multipart, psycopg2, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite, uvicorn.lifespan.on, uvicorn.loops.auto, uvicorn.protocols.http.auto"]
ENV PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
COPY --from=frontend /out/ /
COPY --from=application /out/ /

WORKDIR /app
EXPOSE 5001
STOPSIGNAL SIGTERM
# No shell and no `python` on PATH of the base: full paths, exec form, and no entry point of its own.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --start-interval=1s --retries=3 \
    CMD ["/opt/venv/bin/python", "-m", "pokertool.healthcheck"]
ENTRYPOINT []
CMD ["/opt/venv/bin/python", "-m", "pokertool"]

LABEL org.opencontainers.image.title="PokerTool" \
      org.opencontainers.image.description="Equity, hand histories and screenshots of poker tables" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"

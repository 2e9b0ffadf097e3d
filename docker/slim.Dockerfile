# PokerTool on the slim Python image: as small and as quick to build as we know how.
#
# Five stages, and a final one in which only the account is made: the system's part, the
# dependencies, the front end, the application. They stand in the order in which they change, so a
# change of the application's code sends one small layer.
#
#   REQUIREMENTS=ml installs the ml set as well (the variant slim-ml).
#
# The secret `ca-certificates` is optional: the CA bundle of a network whose proxy signs TLS anew.
# It is mounted over the image's own bundle while a step runs and stays in no layer.

ARG PYTHON=python:3.13-slim-trixie

# --- what the system has to have: tesseract ------------------------------------------------------
FROM ${PYTHON} AS base

FROM base AS system
# The packages are cached between builds, so Debian's image may not delete them after each call.
RUN rm -f /etc/apt/apt.conf.d/docker-clean
# The package brings a training suite with pango, cairo, fonts and ICU. The service calls one
# program: it is taken with the libraries that it loads and with its English data.
RUN --mount=type=cache,id=pokertool-apt-cache-trixie,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=pokertool-apt-lists-trixie,target=/var/lib/apt,sharing=locked \
    --mount=type=bind,source=docker/collect-program.sh,target=/collect-program.sh \
    --mount=type=bind,from=base,target=/runtime \
    sh /collect-program.sh /runtime /collected tesseract-ocr tesseract \
        /usr/share/tesseract-ocr/5/tessdata/eng.traineddata

# --- the dependencies, in a virtual environment at its final path ---------------------------------
FROM base AS dependencies
# strip, for below; before the locks come in, so that a change of theirs does not fetch it again.
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,id=pokertool-apt-cache-trixie-tools,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=pokertool-apt-lists-trixie-tools,target=/var/lib/apt,sharing=locked \
    apt-get update && apt-get install -y --no-install-recommends binutils
ARG REQUIREMENTS=core
# Without pip in it: the image's own pip installs into it.
RUN python -m venv --without-pip /opt/venv
# The locks are bound, not copied: they are in no layer. Bytecode is compiled below, in a form that
# does not hold the time of the build, so the same locks give the same layer.
RUN --mount=type=cache,id=pokertool-pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=bind,source=requirements,target=/requirements \
    set -- --requirement /requirements/core.txt; \
    if [ "$REQUIREMENTS" != core ]; then set -- "$@" --requirement "/requirements/$REQUIREMENTS.txt"; fi; \
    pip --python /opt/venv/bin/python install --no-compile --require-hashes --only-binary=:all: \
        --disable-pip-version-check --root-user-action=ignore "$@"
# Tests, type stubs and headers of the distributions are for their developers, and so is the debug
# information in SQLAlchemy's modules (2 MB compressed). Modules with libraries of their own in a
# .libs folder are left as they are: patchelf changed them, and strip can break those.
RUN find /opt/venv/lib -type d \( -name tests -o -path '*/sqlalchemy/testing' \) -prune -exec rm -rf {} + && \
    find /opt/venv/lib -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.h' \) -delete && \
    find /opt/venv/lib -path '*/sqlalchemy/*' -name '*.so' -exec strip --strip-debug {} + && \
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib && \
    mkdir -p /out/opt && mv /opt/venv /out/opt/ && find /out -exec touch --no-dereference --date=@0 {} +

# --- the front end -------------------------------------------------------------------------------
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

# --- the application, compiled ---------------------------------------------------------------------
FROM base AS application
COPY src/pokertool /app/src/pokertool
# The modes of a checkout depend on its umask and its times on the clock; here neither does, and
# nobody but root may write.
RUN chmod -R u=rwX,go=rX /app && \
    python -m compileall -q --invalidation-mode unchecked-hash /app/src && \
    mkdir /out && mv /app /out/ && find /out -exec touch --no-dereference --date=@0 {} +

# --- the image -------------------------------------------------------------------------------------
FROM base

# An account of its own, with no home and no shell. /data is the one place that it may write, and so
# may any other user id that a platform runs images under. A `--tmpfs /data` takes the folder's mode
# but not its owner: without the mode of /tmp the service could not write to one. The base's passwd,
# su and their like keep no right to become root: nobody here has a use for it.
RUN groupadd --gid 10001 pokertool && \
    useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data \
        --shell /usr/sbin/nologin pokertool && \
    install -d -o 10001 -g 0 -m 1777 /data && \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} + && \
    rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/subuid- /etc/subgid-

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app/src \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    TESSDATA_PREFIX=/usr/share/tesseract-ocr/5/tessdata \
    OMP_THREAD_LIMIT=1 \
    POKERTOOL_DATA_DIR=/data \
    API_HOST=0.0.0.0 \
    API_PORT=5001

COPY --from=system /collected/ /
COPY --from=dependencies /out/ /
# The published image has no bytecode of the standard library, and the service may write none: what
# it imports is compiled here once. Where it is compiled already this adds nothing.
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

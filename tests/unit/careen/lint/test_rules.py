"""Each rule on texts that have its fault, and on texts that only look so."""

from __future__ import annotations

from datetime import date

import pytest
from tests.unit.careen.lint.linting import lines_of, lint

from careen.lint.finding import SEVERITIES
from careen.lint.rules import RULES

SLIM = "FROM python:3.13-slim-trixie"
PIP = "RUN --mount=type=cache,target=/root/.cache/pip"
APT = "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked"
CLEAN = "RUN rm -f /etc/apt/apt.conf.d/docker-clean"
KEEP = f"{CLEAN}; echo 'x' > /etc/apt/apt.conf.d/keep-cache"
INSTALL = "apt-get update && apt-get install -y --no-install-recommends curl"
DISTROLESS = "FROM gcr.io/distroless/python3-debian13:nonroot"

# (rule, the Dockerfile, the lines on which the rule finds something)
CASES: list[tuple[str, str, list[int]]] = [
    ("removed-later", f"{SLIM}\nCOPY a.whl /tmp/\nRUN pip install /tmp/a.whl && rm /tmp/a.whl", [2]),
    ("removed-later", f"{SLIM}\nCOPY a.whl /tmp/\nRUN pip install /tmp/a.whl && rm /tmp/*.whl", [2]),
    ("removed-later", f"{SLIM}\nCOPY wheels /wheels\nRUN pip install /wheels/*\nRUN rm -r /wheels", [2]),
    ("removed-later", f"{SLIM}\nCOPY wheels /wheels\nRUN rm -rf /wheels/*", [2]),
    ("removed-later", f"{SLIM}\nCOPY x /data/x\nRUN rm -rf /data", [2]),
    ("removed-later", f"{SLIM}\nWORKDIR /w\nCOPY x.txt .\nRUN rm x.txt", [3]),
    ("removed-later", f"{SLIM}\nCOPY x.txt /a/\nRUN mv /a/x.txt /b/x.txt", [2]),
    ("removed-later", f"{SLIM}\nCOPY x /x\nRUN <<EOF\ninstall-it /x\nrm -rf /x\nEOF", [2]),
    ("removed-later", f"{SLIM} AS a\nCOPY x /x\nFROM a\nRUN rm -rf /x", [2]),
    ("removed-later", f"{SLIM}\nCOPY x /x\nRUN [\"rm\", \"-rf\", \"/x\"]", [2]),
    # A builder's layers are not in the image.
    ("removed-later", f"{SLIM} AS b\nCOPY x /x\nRUN rm -rf /x\nFROM scratch\nCOPY --from=b /y /y", []),
    ("removed-later", f"{SLIM}\nRUN rm -rf /x\nCOPY x /x", []),
    ("removed-later", f"{SLIM}\nCOPY . /app\nRUN cd /app && npm ci && rm -rf /app/node_modules", []),
    ("removed-later", f"{SLIM}\nCOPY x /x\nRUN rm -rf /xylophone /var/lib/apt/lists/*", []),
    ("removed-later", f"{SLIM}\nCOPY x /x\nRUN cd /tmp && rm -rf x", []),
    ("removed-later", f"{SLIM}\nRUN --mount=type=bind,source=x,target=/x cp -r /x /y && rm -rf /z", []),
    ("removed-later", f"{SLIM}\nCOPY x /x\nONBUILD RUN rm -rf /x", []),
    ("cache-mount-unused", f"{SLIM}\n{PIP} pip install --no-cache-dir a", [2]),
    ("cache-mount-unused", f"{SLIM}\n{PIP} \\\n    --mount=type=ssh \\\n    set -e; \\\n    python -m pip install --no-cache-dir a", [5]),
    ("cache-mount-unused", f"{SLIM}\nENV PIP_NO_CACHE_DIR=1\n{PIP} pip install a", [3]),
    ("cache-mount-unused", f"{SLIM} AS b\nENV A=b \\\n PIP_NO_CACHE_DIR=off\nFROM b\n{PIP} pip install a", [5]),
    ("cache-mount-unused", f"{SLIM}\nARG PIP_NO_CACHE_DIR=1\n{PIP} pip install a", [3]),
    ("cache-mount-unused", f"{SLIM}\n{PIP} PIP_NO_CACHE_DIR=1 pip install a", [2]),
    ("cache-mount-unused", "FROM alpine:3.22\nRUN --mount=type=cache,target=/var/cache/apk apk add --no-cache a", [2]),
    ("cache-mount-unused", f"{SLIM}\nRUN --mount=type=cache,target=/root/.cache/uv uv pip install --no-cache a", [2]),
    ("cache-mount-unused", f"{SLIM}\nRUN pip install --no-cache-dir a", []),
    ("cache-mount-unused", f"{SLIM}\n{PIP} pip install a", []),
    ("cache-mount-unused", f"{SLIM}\nENV PIP_NO_CACHE_DIR=1\n{PIP} PIP_NO_CACHE_DIR= pip install a", []),
    ("cache-mount-unused", f"{SLIM}\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a", []),
    ("cache-mount-unused", f"{SLIM}\nRUN --mount=type=cache,target=/root/.npm pip install --no-cache-dir a", []),
    ("cache-mount-unused", f"{SLIM}\n{PIP} echo 'pip install --no-cache-dir'", []),
    ("apt-cache-emptied", f"{SLIM}\n{APT} {INSTALL}", [2]),
    ("apt-cache-emptied", f"FROM ubuntu:24.04\n{APT} {INSTALL}", [2]),
    ("apt-cache-emptied", f"ARG B=debian:13\nFROM ${{B}} AS x\nFROM x\n{APT} {INSTALL}", [4]),
    ("apt-cache-emptied", f"{SLIM}\n{KEEP}\n{APT} {INSTALL} && apt-get clean", [3]),
    ("apt-cache-emptied", f"{SLIM}\n{KEEP}\n{APT} {INSTALL}", []),
    ("apt-cache-emptied", f"{SLIM}\n{APT} {CLEAN.removeprefix('RUN ')} && {INSTALL}", []),
    ("apt-cache-emptied", f"{SLIM} AS b\nRUN <<EOF\nrm /etc/apt/apt.conf.d/docker-clean\nEOF\nFROM b\n{APT} {INSTALL}", []),
    ("apt-cache-emptied", f"FROM example.org/ours:1\n{APT} {INSTALL}", []),
    ("apt-cache-emptied", f"{SLIM}\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked {INSTALL}", []),
    ("unlike-bases", "FROM python:3.12-slim AS b\nFROM gcr.io/distroless/python3-debian12\nCOPY --from=b /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages", [3]),
    ("unlike-bases", f"FROM python:3.12-slim AS b\nRUN python -m venv /opt/env\n{SLIM}\nCOPY --from=b /opt/env /opt/env", [4]),
    ("unlike-bases", f"FROM python:3.13-alpine AS b\n{SLIM}\nCOPY --from=b /app/.venv /app/.venv", [3]),
    ("unlike-bases", f"{SLIM} AS b\n{DISTROLESS}\nCOPY --from=b /opt/venv /opt/venv", [3]),
    ("unlike-bases", f"{SLIM} AS b\nFROM python:3.13-slim-bookworm\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", f"{SLIM} AS b\nRUN echo\n{SLIM}\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", f"FROM debian:13-slim AS b\nRUN apt-get install -y python3-venv\n{DISTROLESS}\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", f"FROM python:3.12-slim AS b\nRUN uv python install 3.13\n{SLIM}\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", "FROM python:3.12-slim AS b\nFROM gcr.io/distroless/cc-debian12\nCOPY --from=b /usr/local /usr/local\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", "FROM example.org/b:1 AS b\nFROM example.org/r:2\nCOPY --from=b /opt/venv /opt/venv", []),
    ("unlike-bases", f"FROM python:3.12-slim AS b\n{SLIM}\nCOPY --from=b /app/static /app/static", []),
    ("unlike-bases", "ARG V\nFROM python:${V}-slim AS b\nFROM python:3.13\nCOPY --from=b /opt/venv /opt/venv", []),
    ("distroless-programs", f"{DISTROLESS}\nHEALTHCHECK CMD curl -f http://localhost/", [2]),
    ("distroless-programs", f"{DISTROLESS}\nHEALTHCHECK --interval=3s CMD [\"curl\", \"http://localhost/\"]", [2]),
    ("distroless-programs", f"{DISTROLESS}\nCMD python3 -m app", [2]),
    ("distroless-programs", f"{DISTROLESS}\nRUN echo", [2]),
    ("distroless-programs", f"{DISTROLESS}\nENTRYPOINT [\"sh\", \"-c\", \"x\"]", [2]),
    ("distroless-programs", f"{DISTROLESS} AS x\nFROM x\nCMD [\"python\", \"-m\", \"app\"]", [3]),
    ("distroless-programs", f"{DISTROLESS}\nCMD [\"-m\", \"app\"]", []),
    ("distroless-programs", f"{DISTROLESS}\nCMD [\"/opt/venv/bin/python\", \"-m\", \"app\"]", []),
    ("distroless-programs", f"{DISTROLESS}\nENV PATH=/opt/venv/bin:$PATH\nCMD [\"python\", \"-m\", \"app\"]", []),
    ("distroless-programs", f"{DISTROLESS}\nCOPY --from=busybox:1 /bin/sh /bin/sh\nCMD echo", []),
    ("distroless-programs", f"{DISTROLESS}\nCOPY --from=c /curl /usr/bin/curl\nHEALTHCHECK CMD [\"curl\", \"x\"]", []),
    ("distroless-programs", "FROM gcr.io/distroless/python3-debian13:debug\nRUN echo\nCMD echo", []),
    ("distroless-programs", f"{DISTROLESS}\nHEALTHCHECK NONE\nENTRYPOINT []", []),
    ("distroless-programs", f"{SLIM}\nHEALTHCHECK CMD curl x\nCMD python x", []),
    ("npm-without-build-tools", "FROM node:22\nRUN npm ci --only=production\nRUN npm run build", [2]),
    ("npm-without-build-tools", "FROM node:22\nRUN npm ci --omit dev && npm run build:web", [2]),
    ("npm-without-build-tools", "FROM node:22\nENV NODE_ENV=production\nRUN npm ci\nRUN yarn build", [3]),
    ("npm-without-build-tools", "FROM node:22\nRUN yarn install --production && yarn run build", [2]),
    ("npm-without-build-tools", "FROM node:22\nRUN sh -c 'npm ci --omit=dev'\nRUN npm run build", [2]),
    ("npm-without-build-tools", "FROM node:22\nRUN npm ci\nRUN npm run build && npm ci --omit=dev", []),
    ("npm-without-build-tools", "FROM node:22\nRUN npm ci --omit=dev\nRUN npm ci\nRUN npm run build", []),
    ("npm-without-build-tools", "FROM node:22 AS d\nRUN npm ci --omit=dev\nFROM node:22\nRUN npm ci && npm run build", []),
    ("npm-without-build-tools", "FROM node:22\nENV NODE_ENV=production\nRUN npm ci --include=dev && npm run build", []),
    ("npm-without-build-tools", "FROM node:22\nRUN npm ci --omit=dev\nRUN npm run start", []),
    ("end-of-life", "FROM node:18-alpine", [1]),
    ("end-of-life", "FROM python:3.9-slim", [1]),
    ("end-of-life", "FROM gcr.io/distroless/python3-debian12", [1]),
    ("end-of-life", "FROM python:3.13-slim-buster", [1]),
    ("end-of-life", "ARG V=3.8\nFROM python:${V} AS a\nFROM a", [2]),
    ("end-of-life", "FROM public.ecr.aws/docker/library/node:16", [1]),
    ("end-of-life", "FROM alpine:3.16.2", [1]),
    ("end-of-life", "FROM node:22-slim", []),
    ("end-of-life", "FROM python:3.13-slim-bookworm", []),
    ("end-of-life", "FROM gcr.io/distroless/python3-debian13:nonroot", []),
    ("end-of-life", "FROM example.org/team/node:18", []),
    ("end-of-life", "ARG V\nFROM node:${V}", []),
    ("end-of-life", "FROM node", []),
    ("inline-cache", f"ARG BUILDKIT_INLINE_CACHE=1\n{SLIM} AS b\nFROM scratch\nCOPY --from=b /x /x", [1]),
    ("inline-cache", f"{SLIM} AS b\nRUN echo\nFROM scratch\nARG BUILDKIT_INLINE_CACHE=1\nRUN --mount=type=bind,from=b,target=/b x", [4]),
    ("inline-cache", f"ARG BUILDKIT_INLINE_CACHE=1\n{SLIM}", []),
    ("inline-cache", f"ARG BUILDKIT_INLINE_CACHE=1\n{SLIM} AS b\nFROM b", []),
    ("inline-cache", f"ARG BUILDKIT_INLINE_CACHE=0\n{SLIM} AS b\nFROM scratch\nCOPY --from=b /x /x", []),
    ("no-bytecode", f"{SLIM}\nENV A=1 \\\n  PYTHONDONTWRITEBYTECODE=1\nCOPY src /app", [3]),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE 1\nCOPY . .", [2]),
    ("no-bytecode", f"{SLIM} AS a\nCOPY app.py /app/\n{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY --from=a /app /app", [4]),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY src /app\nRUN python -m compileall /app", []),
    ("no-bytecode", f"{SLIM} AS a\nCOPY src /s\nRUN python -m compileall /s\n{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY --from=a /s /s", []),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY src /app\nRUN pip install .", []),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE=\nCOPY src /app", []),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1 UV_COMPILE_BYTECODE=1\nCOPY src /app\nRUN uv sync", []),
    ("no-bytecode", f"{SLIM}\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY requirements.txt entry.sh /", []),
    ("no-bytecode", f"{SLIM} AS b\nENV PYTHONDONTWRITEBYTECODE=1\nCOPY src /app\n{SLIM}\nCOPY --from=b /app /app", []),
    ("system-account-id", f"{SLIM}\nRUN useradd -r -u 1000 app", [2]),
    ("system-account-id", f"{SLIM}\nRUN set -e \\\n && groupadd --system --gid=1000 app \\\n && useradd -rmu 1001 app", [3, 4]),
    ("system-account-id", "FROM alpine:3.22\nRUN adduser -S -u 1000 app", [2]),
    ("system-account-id", f"{SLIM}\nRUN useradd -r app && useradd -r -u 999 b && useradd -u 10001 c", []),
    ("system-account-id", f"{SLIM}\nRUN groupadd -g 1000 app && echo useradd -r -u 1000", []),
    ("apt-clean", f"{SLIM}\nRUN {INSTALL} \\\n && apt-get clean", [3]),
    ("apt-clean", f"FROM ubuntu:24.04\nRUN {INSTALL}; apt clean", [2]),
    ("apt-clean", f"{SLIM}\n{CLEAN}\nRUN {INSTALL}; apt-get clean", []),
    ("apt-clean", f"FROM example.org/x:1\nRUN {INSTALL}; apt-get clean", []),
    ("apt-clean", f"{SLIM}\nRUN {INSTALL} # apt-get clean", []),
    ("copy-all-before-install", f"{SLIM}\nCOPY . .\nRUN pip install -r requirements.txt", [2]),
    ("copy-all-before-install", f"{SLIM}\nCOPY ./ /app\nRUN apt-get update && apt-get install -y x", [2]),
    ("copy-all-before-install", "FROM node:22\nCOPY [\".\", \"/app\"]\nRUN npm ci && npm run build", [2]),
    ("copy-all-before-install", f"{SLIM}\nCOPY . .\nRUN uv sync", [2]),
    ("copy-all-before-install", f"{SLIM} AS s\nWORKDIR /a\nCOPY . .\n{SLIM}\nCOPY --from=s /a /a\nRUN pip install -r a", [5]),
    ("copy-all-before-install", f"{SLIM}\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .", []),
    ("copy-all-before-install", f"{SLIM}\nRUN uv sync --no-install-project\nCOPY . .\nRUN uv sync", []),
    ("copy-all-before-install", f"{SLIM}\nCOPY . .\nRUN pip install .", []),
    ("copy-all-before-install", "FROM node:22\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm install", []),
    ("copy-all-before-install", f"{SLIM} AS s\nCOPY . /a\nFROM node:22\nCOPY --from=s /b /b\nRUN npm ci", []),
    ("layer-order", f"{SLIM}\nCOPY src/ /app\nRUN pip install -r /r.txt", [2]),
    ("layer-order", "FROM node:22\nWORKDIR /w\nCOPY frontend/ .\nRUN npm ci && npm run build", [3]),
    ("layer-order", "FROM alpine:3.22\nCOPY app /app\nRUN apk add curl", [2]),
    ("layer-order", f"{SLIM}\nCOPY requirements /requirements\nRUN pip install -r /requirements/core.txt", []),
    ("layer-order", f"{SLIM}\nCOPY docker/setup.sh /\nRUN apt-get update && apt-get install -y x", []),
    ("layer-order", f"{SLIM}\nRUN pip install -r r.txt\nCOPY src /app\nRUN pip install --no-deps -r s.txt", []),
    ("layer-order", f"{SLIM}\nCOPY src /app\nRUN python -m compileall /app", []),
    ("cache-mount-clash", f"{SLIM}\nRUN --mount=type=cache,target=/var/cache/apt x", [2]),
    ("cache-mount-clash", f"{SLIM}\nRUN --mount=type=cache,id=a,target=/x x\nRUN --mount=type=cache,id=a,target=/y y", [3]),
    ("cache-mount-clash", f"FROM debian:12 AS a\n{APT} x\nFROM debian:13\n{APT} x", [4, 4]),
    ("cache-mount-clash", f"FROM python:3.13-alpine AS a\n{PIP} x\n{SLIM}\n{PIP} x", [4]),
    ("cache-mount-clash", f"{SLIM} AS a\n{APT} x\n{SLIM}\n{APT} x", []),
    ("cache-mount-clash", f"FROM python:3.12-slim AS a\n{PIP} x\n{SLIM}\n{PIP} x", []),
    ("cache-mount-clash", "FROM debian:12 AS a\nRUN --mount=type=cache,id=a12,target=/var/cache/apt,sharing=private x\nFROM debian:13\nRUN --mount=type=cache,id=a13,target=/var/cache/apt,sharing=locked x", []),
    ("cache-mount-clash", f"{SLIM}\nRUN --mount=type=cache,id=a$X,target=/x x\nRUN --mount=type=cache,id=a$X,target=/y y", []),
    ("cache-mount-clash", f"{SLIM}\nRUN --mount=type=tmpfs,target=/var/cache/apt x", []),
    ("apt-recommends", f"{SLIM}\nRUN apt-get update && \\\n  apt-get install -y curl", [3]),
    ("apt-recommends", f"{SLIM}\nRUN <<EOF\napt-get update\n\napt-get -y install curl\nEOF", [5]),
    ("apt-recommends", f"{SLIM}\nRUN if true; then apt install -y curl; fi", [2]),
    ("apt-recommends", f"{SLIM}\nRUN {INSTALL}", []),
    ("apt-recommends", f"{SLIM}\nRUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/x\nRUN apt-get install -y a", []),
    ("apt-recommends", f"{SLIM}\nRUN apt-get -o APT::Install-Recommends=false install -y a", []),
    ("apt-recommends", f"{SLIM}\nRUN apt-get update && echo apt-get install -y a", []),
    ("apt-recommends", f"{SLIM}\nRUN cat <<EOF > /x.sh\napt-get install -y a\nEOF", []),
    ("apt-update-apart", f"{SLIM}\nRUN apt-get update\nRUN apt-get install -y a", [3]),
    ("apt-update-apart", f"{SLIM}\nRUN apt-get install -y a && apt-get update", [2]),
    ("apt-update-apart", f"{SLIM}\nRUN {INSTALL}", []),
    ("apt-update-apart", f"{SLIM}\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get install -y a", []),
    ("apt-update-apart", f"{SLIM}\nRUN apt-get install -y ./a.deb /tmp/b.deb", []),
    ("apt-update-apart", f"{SLIM}\nRUN set -eux; apt-get -qq update; apt-get install -y a", []),
    ("apt-lists-kept", f"{SLIM}\nRUN {INSTALL}", [2]),
    ("apt-lists-kept", f"{SLIM}\nRUN {INSTALL}\nRUN rm -rf /var/lib/apt/lists/*", [2]),
    ("apt-lists-kept", f"{SLIM} AS a\nRUN {INSTALL}\nFROM a", [2]),
    ("apt-lists-kept", f"{SLIM}\nRUN {INSTALL} && rm -rf /var/lib/apt/lists/*", []),
    ("apt-lists-kept", f"{SLIM}\n{APT} {INSTALL}", []),
    ("apt-lists-kept", f"{SLIM} AS b\nRUN {INSTALL}\n{SLIM}\nCOPY --from=b /x /x", []),
    ("base-not-pinned", SLIM, [1]),
    ("base-not-pinned", "FROM scratch\nCOPY --from=busybox:1 /x /x\nRUN --mount=type=bind,from=alpine:3.22,target=/a x", [2, 3]),
    ("base-not-pinned", f"{SLIM}@sha256:{'0' * 64} AS a\nFROM a AS b\nFROM scratch\nCOPY --from=b /x /x\nCOPY --from=0 /y /y", []),
    ("base-not-pinned", "ARG B\nFROM ${B}", []),
    ("tag-missing", "FROM python", [1]),
    ("tag-missing", "FROM --platform=$BUILDPLATFORM example.org:5000/x:latest AS x", [1]),
    ("tag-missing", "FROM scratch\nCOPY --from=busybox /x /x", [2]),
    ("tag-missing", f"FROM python:3\nFROM python@sha256:{'0' * 64}\nFROM gcr.io/distroless/static-debian12\nFROM scratch", []),
    ("tag-missing", "FROM example.org:5000/x:1 AS base\nFROM base", []),
    ("add-url", f"{SLIM}\nADD https://example.org/a.tar.gz /a/", [2]),
    ("add-url", f"{SLIM}\nADD [\"http://example.org/a\", \"/a\"]", [2]),
    ("add-url", f"{SLIM}\nADD --checksum=sha256:{'0' * 64} https://example.org/a /a", []),
    ("add-url", f"{SLIM}\nADD https://example.org/a.git#v1 /a\nADD a.tar.gz /a\nCOPY x https://x", []),
    ("secret-in-image", f"{SLIM}\nENV DB_PASSWORD=hunter2", [2]),
    ("secret-in-image", f"{SLIM}\nENV A=1 \\\n  API_KEY=abc", [3]),
    ("secret-in-image", f"ARG GITHUB_TOKEN\n{SLIM}", [1]),
    ("secret-in-image", f"{SLIM}\nENV KEY_ID=AKIAIOSFODNN7EXAMPLE", [2]),
    ("secret-in-image", f"{SLIM}\nENV DATABASE=postgresql://me:hunter2@db/x", [2]),
    ("secret-in-image", f"{SLIM}\nLABEL token=ghp_{'a' * 36}", [2]),
    ("secret-in-image", f"{SLIM}\nENV DB_PASSWORD_FILE=/run/secrets/x TOKEN=$TOKEN PASSWORD= TOKEN_TTL=30", []),
    ("secret-in-image", f"{SLIM}\nENV SECRET=/run/secrets/key USE_TOKEN=true PWD=abc PUBLIC_KEY=abc", []),
    ("secret-in-image", f"{SLIM}\nENV DATABASE=postgresql://me:${{PASSWORD}}@db/x URL=https://example.org:80/a@b", []),
    ("secret-in-image", f"{SLIM}\nARG KEYBOARD=de MONKEY=1 TOKENIZERS=x", []),
    ("runs-as-root", f"{SLIM}\nCMD [\"x\"]", [1]),
    ("runs-as-root", f"{SLIM}\nUSER 10001\nUSER root:root", [3]),
    ("runs-as-root", f"{SLIM}\nARG U=0\nUSER ${{U}}", [3]),
    ("runs-as-root", "FROM gcr.io/distroless/python3-debian13", [1]),
    ("runs-as-root", f"{SLIM} AS b\nUSER app\nFROM b", []),
    ("runs-as-root", f"{SLIM} AS b\nUSER root\nFROM scratch\nCOPY --from=b /x /x", []),
    ("runs-as-root", f"{SLIM}\nUSER $UNKNOWN", []),
    ("runs-as-root", f"{DISTROLESS}\nCOPY x /x", []),
    ("runs-as-root", "FROM example.org/base:1", []),
    ("shell-form", f"{SLIM}\nCMD python -m app", [2]),
    ("shell-form", f"{SLIM}\nENTRYPOINT python app.py\nCMD [\"x\"]", [2]),
    ("shell-form", f"{SLIM}\nCMD ['python']", [2]),
    ("shell-form", f"{SLIM}\nCMD python -m app\nCMD [\"python\", \"-m\", \"app\"]", []),
    ("shell-form", f"{SLIM}\nCMD exec python -m app", []),
    ("shell-form", f"{SLIM}\nENTRYPOINT []\nHEALTHCHECK CMD curl x\nCMD", []),
    ("shell-form", f"{SLIM} AS b\nCMD x\nFROM scratch\nCOPY --from=b /x /x", []),
    ("no-healthcheck", f"{SLIM}\nEXPOSE 80", [2]),
    ("no-healthcheck", f"{SLIM}\nCMD [\"uvicorn\", \"app:app\"]", [2]),
    ("no-healthcheck", f"{SLIM}\nCMD [\"python\", \"-m\", \"gunicorn\"]", [2]),
    ("no-healthcheck", f"{SLIM} AS a\nHEALTHCHECK NONE\nFROM a\nEXPOSE 80", []),
    ("no-healthcheck", f"{SLIM}\nCMD [\"python\", \"-m\", \"tool\"]", []),
    ("no-healthcheck", f"{SLIM} AS a\nEXPOSE 80\nFROM scratch\nCOPY --from=a /x /x", []),
    ("relative-workdir", f"{SLIM}\nWORKDIR app", [2]),
    ("relative-workdir", f"{SLIM} AS a\nWORKDIR /x\n{SLIM}\nWORKDIR y", [4]),
    ("relative-workdir", f"{SLIM} AS a\nWORKDIR /x\nFROM a\nWORKDIR y\nWORKDIR $Z\nWORKDIR \"/a b\"", []),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "wanted"), CASES)
def test_a_rule_finds_its_fault_and_nothing_else(rule: str, text: str, wanted: list[int]) -> None:
    assert lines_of(rule, text) == wanted


def test_every_rule_has_cases_of_both_kinds() -> None:
    found = {rule for rule, _, lines in CASES if lines}
    nothing = {rule for rule, _, lines in CASES if not lines}
    assert found == nothing == {rule.id for rule in RULES}


def test_ids_are_words_with_dashes_and_unlike() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert all(one.replace("-", "").isalpha() and one.islower() for one in ids)
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)


def test_the_target_decides_what_becomes_an_image() -> None:
    text = f"{SLIM} AS tool\nUSER root\n{SLIM} AS service\nUSER 10001\nEXPOSE 80\n"
    assert lines_of("runs-as-root", text) == []
    assert lines_of("runs-as-root", text, targets=["tool"]) == [2]
    assert lines_of("no-healthcheck", text) == [5]
    assert lines_of("no-healthcheck", text, targets=["TOOL"]) == []


def test_build_arguments_decide_the_base() -> None:
    text = "ARG BASE=python:3.13-slim\nFROM $BASE\n"
    assert lines_of("end-of-life", text) == []
    assert lines_of("end-of-life", text, args={"BASE": "python:3.8"}) == [2]


def test_a_build_argument_for_inline_cache_is_found_where_stages_are_left_behind() -> None:
    text = f"{SLIM} AS b\nFROM scratch\nCOPY --from=b /x /x\n"
    args = {"BUILDKIT_INLINE_CACHE": "1"}
    assert lines_of("inline-cache", text, args=args) == [2]
    assert lines_of("inline-cache", SLIM, args=args) == []


def test_an_end_of_life_begins_on_the_day_after_the_last_one() -> None:
    for day, count in ((date(2027, 4, 30), 0), (date(2027, 5, 1), 1)):
        found = lint("FROM node:22-slim\n", today=day).findings
        assert sum(1 for one in found if one.rule == "end-of-life") == count


def test_a_secret_is_in_no_message() -> None:
    found = lint(
        f"{SLIM}\nENV DB_PASSWORD=hunter2\nADD https://a:hunter3@example.org/x /x\n"
    ).findings
    assert {"secret-in-image", "add-url"} <= {one.rule for one in found}
    assert not any("hunter" in one.message + one.advice for one in found)

# PokerTool as such a project has it before it reads the guide: the baseline of every table.
#
# Typical, not sabotaged: three stages on slim, as the guide's "Current State" says. Each line is
# what people write, and the comments say why they do.

# The front end has a stage of its own: everybody knows that Node does not belong in the image.
FROM node:22-slim AS frontend
WORKDIR /frontend
# The whole folder at once: there is one line less to think about.
COPY frontend/ .
# The secret is for networks whose proxy signs TLS anew; it changes nothing elsewhere.
RUN --mount=type=secret,id=ca-certificates \
    if [ -s /run/secrets/ca-certificates ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca-certificates; fi; \
    npm ci && npm run build

# The sources in a stage of their own, put together with the front end: "multi-stage".
FROM python:3.13-slim-trixie AS sources
WORKDIR /app
COPY . .
COPY --from=frontend /frontend/dist /app/frontend/dist

FROM python:3.13-slim-trixie
# Build tools, since some package might have to compile one day (it was so once), and what one wants
# in a container to look around.
RUN apt-get update && apt-get install -y \
    build-essential \
    libpq-dev \
    python3-dev \
    tesseract-ocr \
    curl \
    git

WORKDIR /app
# Everything first, so that no file is forgotten.
COPY --from=sources /app /app
# One list for all: what production needs, what the notebook needed, and the tests, which are run in
# the same image in CI.
RUN --mount=type=secret,id=ca-certificates,target=/etc/ssl/certs/ca-certificates.crt \
    pip install -r requirements/core.txt -r requirements/ml.txt -r requirements/dev.txt

ENV PYTHONPATH=/app/src
EXPOSE 5001
HEALTHCHECK CMD curl -f http://localhost:5001/health || exit 1
CMD ["python", "-m", "uvicorn", "pokertool.api:app", "--host", "0.0.0.0", "--port", "5001"]

FROM python:3.13-slim-trixie AS builder
WORKDIR /build
COPY requirements.txt .

RUN echo collecting fastapi && \
    echo "ERROR: No matching distribution found for fastapi==99" >&2 && \
    exit 3

FROM python:3.13-slim-trixie
COPY --from=builder /build /build

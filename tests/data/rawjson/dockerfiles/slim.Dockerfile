# syntax-free: BuildKit's own frontend
FROM python:3.13-slim-trixie AS builder
WORKDIR /build
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/careen-trace \
    echo collecting fastapi && sleep 0.6 && echo installed > /build/venv

FROM python:3.13-slim-trixie AS runtime
WORKDIR /app
RUN sleep 0.3 && echo user > /etc/user
COPY --from=builder /build/venv /opt/venv
COPY src ./src
RUN cat src/app.py && echo warning: old >&2
CMD ["python", "src/app.py"]

FROM python:3.13-slim-trixie AS builder
WORKDIR /build
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/careen-trace \
    echo collecting fastapi && sleep 0.6 && echo installed > /build/venv
RUN <<EOF
echo lean
sleep 0.2
EOF

FROM scratch
COPY --from=builder /build/venv /venv
COPY src/app.py /app.py

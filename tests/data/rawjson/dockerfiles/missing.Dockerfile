FROM python:3.13-slim-trixie
WORKDIR /build
COPY requirements-ml.txt \
     ./

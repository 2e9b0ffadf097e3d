FROM python:3.13-slim-trixie
WORKDIR /build
# a comment

RUM echo typo

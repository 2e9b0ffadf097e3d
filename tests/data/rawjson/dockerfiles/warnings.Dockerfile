FROM python:3.13-slim-trixie
RUN echo a && \

    echo b
MAINTAINER me
LABEL a b

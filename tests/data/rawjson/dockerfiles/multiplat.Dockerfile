FROM --platform=$BUILDPLATFORM python:3.13-slim-trixie AS builder
RUN echo $TARGETPLATFORM > /p
FROM scratch
COPY --from=builder /p /p

FROM python:3.13-slim-trixie AS runtime
COPY --from=bilder /x /x

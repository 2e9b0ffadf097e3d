FROM careen-trace/base:1 AS builder
RUN --network=none sleep 1; echo a > /a

FROM careen-trace/base:1
COPY --from=builder /a /a

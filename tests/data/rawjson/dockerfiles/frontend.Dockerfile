# syntax=careen-trace-absent.invalid/dockerfile:1
FROM scratch

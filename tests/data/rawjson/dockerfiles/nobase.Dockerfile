FROM careen-trace-absent.invalid/python:3.13
RUN true

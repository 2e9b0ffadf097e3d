FROM careen-trace/base:1
COPY requirements.txt .
RUN --network=none echo filling; dd if=/dev/zero of=/big bs=1M count=600

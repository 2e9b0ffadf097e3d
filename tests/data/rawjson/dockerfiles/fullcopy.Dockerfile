FROM careen-trace/base:1
COPY big.bin /big.bin
COPY big.bin /big2.bin

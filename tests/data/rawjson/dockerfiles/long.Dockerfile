FROM careen-trace/base:1
WORKDIR /x
RUN --network=none i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); sleep 0.1; done

"""Everything outside this process: programs, sockets, the Docker engine, base images."""

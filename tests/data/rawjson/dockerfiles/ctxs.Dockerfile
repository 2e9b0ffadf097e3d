FROM scratch
COPY --from=extra app.py /app.py
ADD app.py /x
COPY <<EOT /etc/motd
hello
EOT

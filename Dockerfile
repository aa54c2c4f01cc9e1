# The service in a small image: built with the C compiler that SQLite and libpq need, run as nobody.
FROM rust:1-trixie AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY .cargo .cargo
COPY src src
COPY migrations migrations
# `--build-arg FEATURES=pg-tls` for a PostgreSQL that wants TLS.
ARG FEATURES=""
RUN cargo build --profile dist --locked --features "$FEATURES" --bin fitout

FROM debian:trixie-slim
# Webhooks go to addresses whose certificates must be checked; `fitout backup` and `restore` call pg_dump and pg_restore, which must not be older than
# the server.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates postgresql-client-17 && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 fitout && useradd --uid 10001 --gid fitout --no-create-home fitout \
    && mkdir /data && chown fitout:fitout /data
COPY --from=build /src/target/dist/fitout /usr/local/bin/fitout
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 8080
# Memory that nothing uses is given back at once, and the small heap has no huge pages (docs/measured.md).
ENV MIMALLOC_PURGE_DELAY=0 MIMALLOC_ALLOW_THP=0
ENV FITOUT_LISTEN=0.0.0.0:8080 FITOUT_DATA_DIR=/data FITOUT_LOG_FORMAT=json
ENTRYPOINT ["fitout"]

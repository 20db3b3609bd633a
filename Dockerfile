# One static file in an empty image: docker build -t carafe . && docker run --rm -p 8000:8000 carafe
#
# Tested without docker: tests/app/container.rs does each step below with the tools of the system.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /carafe
COPY . .
# Static: std is all that carafe needs, so the C library can be linked in, and nothing else has to be in the image.
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --locked --target-dir /static --target "$(rustc -vV | sed -n 's/^host: //p')"

FROM scratch
COPY --from=build /static/*/release/carafe /
# Inside a container 127.0.0.1 is the container itself. /cycles and /source stay off, since others can connect.
ENV CARAFE_HOST=0.0.0.0
EXPOSE 8000
# Nobody: what can be asked of this process, it can do nothing with.
USER 65534:65534
# As process 1 it gets SIGTERM from docker stop, finishes the answers under way, and ends.
ENTRYPOINT ["/carafe"]

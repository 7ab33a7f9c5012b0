#!/usr/bin/env bash
# What the sample container does: runs the samples once, then stays for `docker exec`.
rm -f /tmp/verified
if ./bootstrap.sh --once; then
    touch /tmp/verified # for the health check
else
    echo "sample: bootstrap.sh ended with $?; docker exec -it otel-rust-sample bash looks for the reason" >&2
fi
echo "sample: docker exec -it otel-rust-sample bash opens a shell; ./bootstrap.sh in it runs the samples again" >&2
exec sleep infinity

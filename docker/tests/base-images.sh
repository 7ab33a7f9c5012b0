#!/usr/bin/env bash
# Provides the images that docker/Dockerfile starts from, for a machine without a registry: what is
# neither here nor to be pulled is made from Debian's packages and this machine's Rust toolchain.
# Prints the name of each image it brought, so that the caller can remove it. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The default of an ARG in the Dockerfile.
default_of() { sed -n "s/^ARG $1=//p" docker/Dockerfile; }

missing() { # IMAGE
    ! docker image inspect "$1" >/dev/null 2>&1
}

# Debian's smallest system without its manuals, which is what the slim images are.
make_debian() { # IMAGE
    command -v debootstrap >/dev/null || {
        echo "base-images: debootstrap is missing; apt-get install debootstrap" >&2
        return 1
    }
    local root=$scratch/debian
    debootstrap --variant=minbase bookworm "$root" >"$scratch/debootstrap.log" 2>&1 || {
        tail -5 "$scratch/debootstrap.log" >&2
        return 1
    }
    rm -rf "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/{cache/apt,lib/apt/lists,log}/*
    tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - "$1" >/dev/null
    rm -rf "$root"
}

# Debian with a C compiler, the toolchain that builds this workspace outside containers, and the crates that it
# has fetched. The machine's certificates come along: it may fetch more through a proxy of its own.
make_rust() { # IMAGE DEBIAN_IMAGE
    local context=$scratch/rust cargo_home=${CARGO_HOME:-$HOME/.cargo} sysroot
    sysroot=$(rustc --print sysroot)
    mkdir -p "$context/toolchain" "$context/registry"
    cp -a "$sysroot/bin" "$sysroot/lib" "$context/toolchain"
    for part in index cache; do [[ ! -d $cargo_home/registry/$part ]] || cp -a "$cargo_home/registry/$part" "$context/registry"; done
    cp -L /etc/ssl/certs/ca-certificates.crt "$context"
    docker build --quiet --tag "$1" --file - "$context" >/dev/null <<DOCKERFILE
FROM $2
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY toolchain /usr/local/rust
COPY registry /root/.cargo/registry
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
DOCKERFILE
    rm -rf "$context"
}

debian=$(default_of DEBIAN_IMAGE)
rust=$(default_of RUST_IMAGE)
for image in "$debian" "$rust"; do
    missing "$image" || continue
    if ! timeout 300 docker pull --quiet "$image" >/dev/null 2>&1; then
        case $image in
            "$debian") make_debian "$image" ;;
            "$rust") make_rust "$image" "$debian" ;;
        esac
        echo "base-images: made $image on this machine" >&2
    fi
    echo "$image"
done

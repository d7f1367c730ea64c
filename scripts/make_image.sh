#!/usr/bin/env bash
# Build a container image from a published folder, with podman or docker, whichever answers.
set -euo pipefail
folder=$1 image=$2
for engine in podman docker; do
    if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
        options=(--file "$folder/Containerfile" --tag "$image")
        # Podman's own format has no place for a HEALTHCHECK: it would be left out.
        [[ $engine == docker ]] || options+=(--format docker)
        exec "$engine" build "${options[@]}" "$folder"
    fi
done
echo "make image: no container engine answers here, wanted podman or docker; $folder is ready to be built elsewhere" >&2
exit 1

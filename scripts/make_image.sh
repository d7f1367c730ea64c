#!/usr/bin/env bash
# Build a container image from a published folder, with podman or docker, whichever answers.
set -euo pipefail
folder=$1 image=$2
for engine in podman docker; do
    if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
        exec "$engine" build --file "$folder/Containerfile" --tag "$image" "$folder"
    fi
done
echo "make image: no container engine answers here, wanted podman or docker; $folder is ready to be built elsewhere" >&2
exit 1

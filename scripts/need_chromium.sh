#!/usr/bin/env bash
# See to it that the browser tests have a chromium. Where that cannot be, they skip and say so; nothing fails here.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
if ! may_install; then
    echo "No chromium, and no leave to install it: the browser tests will be skipped (sudo apt-get install chromium)"
    exit 0
fi
echo "Installing Debian's chromium for the browser tests (a minute or two, once)"
apt_install chromium || echo "chromium could not be installed: the browser tests will be skipped"

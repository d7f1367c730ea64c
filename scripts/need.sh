#!/usr/bin/env bash
# See to it that tests have a program: need.sh PROGRAM PACKAGE WHICH. Where that cannot be, they skip and say so; nothing fails here.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

program="$1" package="$2" which="$3"
if PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || command -v "$program-browser" >/dev/null; then
    exit 0
fi
if ! may_install; then
    echo "No $program, and no leave to install it: $which will be skipped (sudo apt-get install $package)"
    exit 0
fi
echo "Installing Debian's $package for $which (a minute or two, once)"
apt_install "$package" || echo "$package could not be installed: $which will be skipped"

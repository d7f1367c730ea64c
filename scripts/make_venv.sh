#!/usr/bin/env bash
# Make a virtual environment with Python 3.11 or 3.12: $PYTHON where it is set, else the first that suits.
# usage: make_venv.sh FOLDER
set -euo pipefail
folder=$1

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
make_it() {
    "$1" -m venv "$folder" || { rm -rf "$folder"; return 1; }
    echo "Made $folder with $("$1" --version)"
}

found=
candidates=${PYTHON:-python3.11 python3.12 python3 python}
for python in $candidates; do
    # A name on the path need not run: pyenv has one for each version that any of its Pythons has.
    suits "$python" || continue
    found=$python
    has_venv "$python" && { make_it "$python"; exit; }
done

if [ -z "$found" ]; then
    echo "casebook: Python 3.11 or 3.12 is needed; tried $candidates" >&2
    echo "casebook: install one (sudo apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2
    exit 1
fi

# Debian keeps venv in a package of its own.
package=python$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
. "$(dirname "$0")/apt.sh"
if may_install && { echo "Installing Debian's $package"; apt_install "$package"; } && has_venv "$found"; then
    make_it "$found"
    exit
fi
echo "casebook: $found has no venv; install it first: sudo apt-get install $package" >&2
exit 1

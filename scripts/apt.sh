# Debian's packages, where this user may install any. To be sourced.

# As root, or by sudo without a password; never with a question.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

apt_install() {
    local quietly=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    as_root "${quietly[@]}" update </dev/null >/dev/null 2>&1 || true
    as_root "${quietly[@]}" install --yes --no-install-recommends "$@" </dev/null >/dev/null
}

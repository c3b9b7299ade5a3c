#!/bin/sh
# Sees to it that there is a PHP with curl for the tests of the PHP example.
# It comes from the system's packages: where they are Debian's and this is root, it is installed.
set -eu

usable() {
    command -v php >/dev/null && php -r 'exit(extension_loaded("curl") && PHP_VERSION_ID >= 80200 ? 0 : 1);'
}

usable && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo 'installing php ...'
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends php-cli php-curl >/dev/null
    usable && exit 0
fi

cat >&2 <<'MESSAGE'
error: no PHP 8.2 or newer with curl was found; the example in PHP is tested with it.
What to do:
  Debian, Ubuntu: apt-get install php-cli php-curl
  Fedora:         dnf install php-cli
  macOS:          brew install php
MESSAGE
exit 1

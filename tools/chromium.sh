#!/bin/sh
# Sees to it that there is a Chromium for the tests of the simulator's page.
# It comes from the system's packages: where they are Debian's and this is root, it is
# installed. CHROMIUM names another browser of that family.
set -eu

if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" >/dev/null && exit 0
    echo "error: CHROMIUM names $CHROMIUM, which cannot be started" >&2
    exit 1
fi
for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$browser" >/dev/null && exit 0
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo 'installing chromium ...'
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Chromium shows no text without a font.
    apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null
    command -v chromium >/dev/null && exit 0
fi

cat >&2 <<'MESSAGE'
error: no Chromium was found; the simulator's page is tested in a real one.
What to do:
  Debian:       apt-get install chromium
  Ubuntu:       snap install chromium
  Fedora:       dnf install chromium
  macOS:        brew install --cask chromium
  or name one:  make browser CHROMIUM=/path/to/chromium
MESSAGE
exit 1

#!/bin/sh
# Installs what the arguments name (dev, sam, security, ...: see bootstrap.py) with
# the first Python of the machine that can make a virtual environment.
#
# Not just `python3`: a version manager that reads .python-version refuses to
# start any Python as long as 3.13 is missing, and Debian's may lack venv.
# PYTHON names another one to be tried first.
set -eu

minimum='3.9'
runs='import sys; sys.exit(sys.version_info < (3, 9))'
makes_environments='import ensurepip, venv'
seen=''

for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 \
    python3.10 python3.9 /usr/bin/python3 /usr/local/bin/python3; do
    if "$python" -c "$makes_environments; $runs" >/dev/null 2>&1; then
        exec "$python" "$(dirname "$0")/bootstrap.py" "$@"
    elif "$python" -c "$runs" >/dev/null 2>&1; then
        seen="$seen
  $("$python" --version 2>&1), \`$python\`: has no venv module"
    elif "$python" -c 'pass' >/dev/null 2>&1; then
        seen="$seen
  $("$python" --version 2>&1), \`$python\`: older than $minimum"
    fi
done

cat >&2 <<MESSAGE
error: no usable Python found; one of $minimum or newer with its venv module is needed.${seen:-
  no \`python3\` on the PATH can be started}
What to do:
  Debian, Ubuntu: apt-get install python3 python3-venv
  Fedora:         dnf install python3
  macOS:          brew install python3
  or name one:    make PYTHON=/path/to/python3 ...
MESSAGE
exit 1

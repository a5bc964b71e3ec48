#!/bin/sh
# `install_packages.sh PYTHON ARGUMENTS`: what `pip install ARGUMENTS` does, by uv, which takes a fifth of the work. Where
# uv cannot be had, or does not know the index that pip's own settings name, pip does it.
set -eu
cd "$(dirname "$0")/.."
python=$1
shift
# Modules are compiled when they are first used: most never are, and to compile all takes as long as all else.
pip="$python -m pip install --quiet --disable-pip-version-check --no-compile"

"$python" -m uv --version >/dev/null 2>&1 || $pip --require-hashes -r requirements/uv.txt || true
if "$python" -m uv --version >/dev/null 2>&1; then
  "$python" -m uv pip install --quiet --python "$python" "$@" && exit
  echo "uv could not install these, so pip tries" >&2
fi
exec $pip "$@"

#!/bin/sh
# Every test, or those that pytest's arguments name: `run_tests.sh PYTHON ARGUMENTS`. First WORKERS files at a time (a
# test waits as much as it works: 4 fill two cores), then two at a time what waits most of its time, then, each by itself,
# what measures time.
set -u
python=$1
shift
# Whatever the caller's habit is: each server that a test starts would compile all of the code anew.
export PYTHONDONTWRITEBYTECODE=

# Databases are made and gone in a fifth of the time where no disk is, and nothing is measured here; kill -9 leaves what
# is in memory as it leaves what the system has not written yet.
disk=${TMPDIR-}
memory=""
if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'END { print ($1 == "tmpfs" && $4 > 4194304) }')" = 1 ]; then
  memory=$(mktemp -d /dev/shm/tests-XXXXXX)
  trap 'rm -rf "$memory"' EXIT
  trap 'exit 130' INT TERM
  chmod 755 "$memory"
  export TMPDIR="$memory"
fi

ran=""
run() {
  "$python" -m pytest --dist loadfile --durations-min 5 "$@"
  code=$?
  # 5: nothing to run. The arguments may name tests of one kind only, but they must name some.
  [ $code = 0 ] || [ $code = 5 ] || exit $code
  [ $code = 5 ] || ran=yes
}
# Collecting all of the others again would take as long as some of these do.
marked() { grep -rl --include='*.py' "mark\.$1" tests; }

# Workers that begin together on a new checkout would each compile all there is, which takes one of them half a minute.
[ $# -gt 0 ] || [ -d tests/__pycache__ ] || "$python" -m pytest --collect-only -q >/dev/null || true

run -n "${WORKERS:-4}" --no-loadscope-reorder --durations 25 -m "not alone and not pair" "$@"
if [ -n "$memory" ]; then
  rm -rf "$memory"
  if [ -n "$disk" ]; then TMPDIR=$disk; else unset TMPDIR; fi
fi
# shellcheck disable=SC2046 -- lists of names
if [ $# -gt 0 ]; then
  run -n 2 --durations 10 -m pair "$@"
  run -n 0 --durations 10 -m alone "$@"
else
  run -n 2 --durations 10 -m pair $(marked pair)
  run -n 0 --durations 10 -m alone $(marked alone)
fi
[ -n "$ran" ] || exit 5

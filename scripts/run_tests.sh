#!/bin/sh
# Every test, or those that pytest's arguments name: `run_tests.sh PYTHON ARGUMENTS`. First WORKERS files at a time (a
# test waits as much as it works: 4 fill two cores), then, each by itself, what measures time or fills the machine.
set -u
python=$1
shift
# Whatever the caller's habit is: each server that a test starts would compile all of the code anew.
export PYTHONDONTWRITEBYTECODE=

"$python" -m pytest -n "${WORKERS:-4}" --dist loadfile --no-loadscope-reorder --durations 25 --durations-min 5 \
  -m "not alone" "$@"
together=$?
# 5: nothing to run. The arguments may name tests of one kind only, but they must name some.
[ $together = 0 ] || [ $together = 5 ] || exit $together
# Collecting all of the others again would take as long as some of these do.
# shellcheck disable=SC2046 -- a list of names
[ $# -gt 0 ] || set -- $(grep -rl --include='*.py' 'mark\.alone' tests)
"$python" -m pytest -m alone "$@"
alone=$?
[ $alone = 5 ] && exit $together
exit $alone

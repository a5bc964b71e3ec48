#!/bin/sh
# Every test, or those that pytest's arguments name: `run_tests.sh PYTHON ARGUMENTS`. First what may run two files at a
# time, then, each by itself, what measures time or fills the machine.
set -u
python=$1
shift

"$python" -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not alone" "$@"
together=$?
# 5: nothing to run. The arguments may name tests of one kind only, but they must name some.
[ $together = 0 ] || [ $together = 5 ] || exit $together
"$python" -m pytest -m alone "$@"
alone=$?
[ $alone = 5 ] && exit $together
exit $alone

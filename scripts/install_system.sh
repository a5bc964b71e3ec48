#!/bin/sh
# Installs what the tests need from Debian where it is missing: Chromium for the pages, PostgreSQL 15 for the oldest
# supported release; with `java`, what Spark takes in make soak. As another user than root it says what to install, and
# goes on.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v node >/dev/null 2>&1 || missing="$missing nodejs npm"
[ "${1-}" != java ] || command -v java >/dev/null 2>&1 || missing="$missing default-jre-headless"
# Of use, not needed: Chromium without its windows, in which pages open a quarter faster. Not every Debian has it.
shell=""
command -v chromium-headless-shell >/dev/null 2>&1 || shell="chromium-headless-shell"

[ -n "$missing$shell" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  [ -z "$shell" ] || apt-cache show "$shell" >/dev/null 2>&1 || shell=""
  # The cluster that Debian would make and start is not wanted: the tests make their own.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
  # shellcheck disable=SC2086 -- a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $shell >/dev/null
elif [ -n "$missing" ]; then
  echo "Please install:$missing" >&2
fi

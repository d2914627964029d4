#!/usr/bin/env bash
# What every package says about itself, from one place each; print one value, or all when none is named.
#   usage: packaging/version.sh [version|revision|epoch]
#
#   version   <VersionPrefix> of Directory.Build.props, which the programs tell with --version too
#   revision  how often this version was packaged; NODEAGENT_REVISION, else 1
#   epoch     the time in the packages, so that two builds are the same; SOURCE_DATE_EPOCH, else that of the commit
set -euo pipefail
cd "$(dirname "$0")/.."

version() { sed -nE 's|.*<VersionPrefix>([^<]+)</VersionPrefix>.*|\1|p' Directory.Build.props; }
revision() { echo "${NODEAGENT_REVISION:-1}"; }
epoch() { echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"; }

case ${1:-all} in
  version | revision | epoch) "$1" ;;
  all) for name in version revision epoch; do echo "$name=$($name)"; done ;;
  *) sed -n '2,3s/^# *//p' "$0" >&2; exit 2 ;;
esac

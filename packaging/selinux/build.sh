#!/usr/bin/env bash
# Compiles the SELinux module; needs checkpolicy and semodule-utils, and no SELinux on this machine.
#   usage: packaging/selinux/build.sh DEST     writes DEST/nodeagent.pp
set -euo pipefail
here=$(dirname "$0")
dest=${1:?usage: packaging/selinux/build.sh DEST}
mkdir -p "$dest"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# -M: for policies with levels, which all of today have.  -c 19: read by hosts back to 2018.
checkmodule -M -m -c 19 -o "$work/nodeagent.mod" "$here/nodeagent.te"
semodule_package -o "$dest/nodeagent.pp" -m "$work/nodeagent.mod" -f "$here/nodeagent.fc"

#!/usr/bin/env bash
# Says why this machine cannot run a box; says nothing where it can.
#   usage: tests/lab/box/check.sh
set -uo pipefail
. "$(dirname "$0")/away.sh"

[ "$(id -u)" -eq 0 ] || { echo "a box needs root"; exit; }
for program in systemd-nspawn nsenter mmdebstrap; do
  command -v "$program" >/dev/null || { echo "$program is not installed (make setup)"; exit; }
done
# In namespaces of its own, so that nothing is left whatever happens.
unshare --mount --pid --fork --mount-proc --uts --ipc --net true 2>/dev/null || { echo "this machine allows no namespaces"; exit; }
unshare --mount mount -t tmpfs nodeagent-box /mnt 2>/dev/null || { echo "this machine allows no mounts"; exit; }
name=check-$$
trap 'put_away "$name"' EXIT
make_cgroups "$name" 2>/dev/null || { echo "this machine allows no cgroups"; exit; }
[ -n "$(cgroups "$name")" ] || echo "this machine has no cgroups"

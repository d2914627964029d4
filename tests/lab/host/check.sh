#!/usr/bin/env bash
# Says why this machine cannot make or run a lab host; says nothing where it can.
#   usage: tests/lab/host/check.sh
set -uo pipefail
reason=$("$(dirname "$0")/../box/check.sh")
[ -z "$reason" ] || { echo "its disk is made from a box's, and there $reason"; exit; }
for program in qemu-system-x86_64 qemu-img mkfs.ext4 ssh ssh-keygen setpriv checkmodule semodule_package; do
  command -v "$program" >/dev/null || { echo "$program is not installed (make setup)"; exit; }
done

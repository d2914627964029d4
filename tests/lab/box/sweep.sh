#!/usr/bin/env bash
# Puts away the boxes whose keeper was killed before it could do so. Boxes that are kept are left alone.
#   usage: tests/lab/box/sweep.sh
set -uo pipefail
. "$(dirname "$0")/away.sh"
hold_boxes
for home in "$boxes"/*/; do
  [ -d "$home" ] || continue
  name=$(basename "$home")
  # The lock is its keeper's.
  if flock --nonblock "$home/lock" true; then
    echo "box: $name was left behind; putting it away" >&2
    put_away "$name"
  fi
done
rmdir "$boxes" 2>/dev/null || true

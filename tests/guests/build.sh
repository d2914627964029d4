#!/usr/bin/env bash
# Builds the guests that the tests and the demo run, each only when what it is made from has changed:
#   OUT/vmlinuz, OUT/initrd.gz     a Linux that greets, has a shell on its serial console and obeys its power button
#   OUT/NAME.raw, OUT/NAME.qcow2   BIOS guests: see the head of each bios/*.S
#   OUT/multiboot.elf              a 32-bit kernel
#   usage: tests/guests/build.sh OUT
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUT}")
cd "$(dirname "$0")"
mkdir -p "$out"

# One builder at a time; a second waits and then finds everything done.
exec 9>"$out/.lock"
flock 9

# build KIND PRODUCT...: runs KIND/build.sh unless its sources are as they were and the products are there. The
# packages of the Linux guest are not asked again: a build needs the network only once.
build() {
  local kind=$1 product sources
  shift
  sources=$(find "$kind" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
  for product in "$@"; do
    [ -s "$out/$product" ] || rm -f "$out/.$kind"
  done
  if [ "$(cat "$out/.$kind" 2>/dev/null)" != "$sources" ]; then
    "$kind/build.sh" "$out"
    printf '%s\n' "$sources" >"$out/.$kind"
  fi
}

build linux vmlinuz initrd.gz
build bios hello.raw hello.qcow2
build multiboot multiboot.elf

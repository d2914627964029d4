#!/usr/bin/env bash
# Assembles the BIOS guests: OUT/NAME.raw and OUT/NAME.qcow2, each a bootable disk of 1 MiB.
#   usage: tests/guests/bios/build.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

for source in "$here"/*.S; do
  name=$(basename "$source" .S)
  as --32 -I "$here" -o "$work/$name.o" "$source"
  ld -m elf_i386 -Ttext 0x7c00 -o "$work/$name.elf" "$work/$name.o"
  objcopy -O binary --only-section=.text "$work/$name.elf" "$work/$name.raw"
  if [ "$(stat -c %s "$work/$name.raw")" -gt $((8 * 512)) ]; then
    echo "guests: $name is larger than PROGRAM_SECTORS in platform.inc" >&2
    exit 1
  fi
  truncate -s 1M "$work/$name.raw"
  chmod 644 "$work/$name.raw"
  qemu-img convert -f raw -O qcow2 "$work/$name.raw" "$work/$name.qcow2"
  mv "$work/$name.raw" "$work/$name.qcow2" "$out/"
done
echo "guests: BIOS guests $(cd "$here" && echo *.S | sed 's/\.S//g')"

#!/usr/bin/env bash
# Makes the Linux guest: OUT/vmlinuz and OUT/initrd.gz, from Debian's own packages of a kernel and a static busybox.
# Nothing is installed: apt-get fetches and checks the packages, dpkg-deb unpacks them.
#   usage: tests/guests/linux/build.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The metapackage names the kernel of the day.
kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/{print $2; exit}')
if [ -z "$kernel" ]; then
  echo "guests: apt knows no linux-image-cloud-amd64: run 'make setup' (or apt-get update) on a Debian machine" >&2
  exit 1
fi

echo "guests: fetching $kernel and busybox-static"
chmod 755 "$work"
mkdir "$work/deb"
# As root apt drops to a user of its own, who may write into this folder and nowhere else.
[ "$(id -u)" -ne 0 ] || chown _apt "$work/deb"
(cd "$work/deb" && apt-get -q=2 download "$kernel" busybox-static)
for package in "$work"/deb/*.deb; do
  dpkg-deb --extract "$package" "$work/unpacked"
done
version=$(basename "$work"/unpacked/lib/modules/*)

root=$work/root
mkdir -p "$root"/{bin,sbin,etc,proc,sys,dev,tmp,root,lib/modules}
cp "$(find "$work/unpacked" -path '*/bin/busybox' -type f)" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
done
ln -s /bin/busybox "$root/init"
for applet in init reboot poweroff halt; do
  ln -s /bin/busybox "$root/sbin/$applet"
done
install -m 644 "$here/inittab" "$here/profile" "$root/etc/"
install -m 755 "$here/rc.boot" "$here/rc.down" "$root/etc/"
install -m 755 "$here/power-button" "$here/panic" "$root/sbin/"

# Prints a module's file and before it those that it needs, as modules.dep has them: the nearest first.
load_order() {
  local entry needs i
  entry=$(grep -m1 "/$1\.ko[^:]*:" "$work/unpacked/lib/modules/$version/modules.dep") || return 0
  read -ra needs <<<"${entry#*:}"
  for ((i = ${#needs[@]} - 1; i >= 0; i--)); do
    echo "${needs[i]}"
  done
  echo "${entry%%:*}"
}

# Only what the tests need: the power button and its events, the panic device, virtio.
depmod -b "$work/unpacked" "$version"
for module in button evdev pvpanic-mmio virtio_pci virtio_mmio virtio_blk virtio_net virtio_balloon virtio-rng; do
  load_order "$module"
done | awk '!seen[$0]++' | while read -r file; do
  name=$(basename "$file")
  plain=${name%.[xz]*}
  case $name in
    *.xz) xz -dc "$work/unpacked/lib/modules/$version/$file" ;;
    *.zst) zstd -qdc "$work/unpacked/lib/modules/$version/$file" ;;
    *) cat "$work/unpacked/lib/modules/$version/$file" ;;
  esac >"$root/lib/modules/$plain"
  strip --strip-debug "$root/lib/modules/$plain"
  echo "$plain" >>"$root/lib/modules/order"
done

(cd "$root" && find . -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --owner=0:0 --quiet) |
  gzip -1 >"$work/initrd.gz"
mkdir -p "$out"
mv "$work"/unpacked/boot/vmlinuz-* "$out/vmlinuz"
mv "$work/initrd.gz" "$out/initrd.gz"
echo "guests: Linux $version, kernel $(du -k "$out/vmlinuz" | cut -f1) KiB, initrd $(du -k "$out/initrd.gz" | cut -f1) KiB"

#!/usr/bin/env bash
# Makes what a lab host boots (see README.md): a disk that begins as a box's root file system, Debian's own kernel, an
# initrd that finds the one for the other, and a key to get in. Made once: what is there already is left alone.
#   usage: tests/lab/host/build.sh OUTDIR      prints nothing but OUTDIR/<hash>, the folder with all of it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
reason=$("$here/check.sh")
if [ -n "$reason" ]; then
  echo "host: none here: $reason. What needs one is skipped." >&2
  exit
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)

# Beside what a box has: the door, and what tests of a whole host look at and work with. AppArmor confines it, or SELinux
# where the kernel's command line says so.
packages=(openssh-server apparmor selinux-policy-default policycoreutils)
# Fetched and unpacked, not installed: a kernel without the tools that would make a large, slow initrd for it.
unpacked=(busybox-static)
kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/{print $2; exit}')
if [ -z "$kernel" ]; then
  echo "host: apt knows no linux-image-amd64 here: run 'make setup' on a Debian machine" >&2
  exit 1
fi

box=$("$here/../box/build.sh" "$out/../box")
hash=$(cat "$0" "$here/init" - <<<"${packages[*]} ${unpacked[*]} $kernel $(basename "$box")" | sha256sum | cut -c 1-16)
host=$out/$hash
exec 9>"$out/.lock"
flock 9
if [ -d "$host" ]; then
  echo "$host"
  exit
fi
echo "host: making the disk of a Debian host with $kernel, a minute" >&2
# Others are of earlier forms of these scripts, and what still runs on one has its files open.
find "$out" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +

work=$out/.making root=$out/.making/root
trap 'rm -rf "$work"' EXIT
mkdir "$work" "$work/host" "$work/fetched"
cp --archive "$box" "$root"

# What was made for life in a container.
rm -r "$root/usr/local/sbin/box-init" "$root/usr/local/lib/systemd/system/nodeagentd.service.d"

# This machine's apt knows the archive and the way there; what is installed already it looks up in the new root.
mkdir -p "$work/debs/partial" "$root/tmp/debs"
apt-get -q=2 -o Dir::State::status="$root/var/lib/dpkg/status" -o Dir::Cache::archives="$work/debs" -o APT::Sandbox::User=root \
  install --yes --download-only --no-install-recommends "${packages[@]}" >/dev/null
mv "$work"/debs/*.deb "$root/tmp/debs/"
# Nothing is started in there.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c 'dpkg --force-unsafe-io --install /tmp/debs/*.deb' >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; exit 1; }
rm -r "$root/tmp/debs" "$root/usr/sbin/policy-rc.d"

(cd "$work/fetched" && apt-get -q=2 -o APT::Sandbox::User=root download "$kernel" "${unpacked[@]}")
for package in "$work"/fetched/*.deb; do
  dpkg-deb --extract "$package" "$work/unpacked"
done
version=${kernel#linux-image-}
cp --archive "$work/unpacked/lib/modules" "$root/usr/lib/"
depmod -b "$root" "$version"
mv "$work/unpacked/boot/vmlinuz-$version" "$work/host/vmlinuz"

# The initrd: what it takes to find the disk.
small=$work/initrd
mkdir -p "$small"/{bin,modules,proc,dev,root}
cp "$(find "$work/unpacked" -path '*/bin/busybox' -type f)" "$small/bin/busybox"
install -m 755 "$here/init" "$small/init"
for module in virtio_pci virtio_blk ext4; do
  modprobe --config /dev/null --dirname="$root" --set-version="$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' | while read -r file; do
  plain=$(basename "${file%.[xz]*}")
  case $file in
    *.xz) xz -dc "$file" ;;
    *.zst) zstd -qdc "$file" ;;
    *) cat "$file" ;;
  esac >"$small/modules/$plain"
  strip --strip-debug "$small/modules/$plain"
  echo "$plain" >>"$small/modules/order"
done
(cd "$small" && find . | cpio --create --format=newc --owner=0:0 --quiet) | gzip -1 >"$work/host/initrd.gz"

# The door: a key of this disk's own, which opens nothing else, and the one network card that leads to it.
ssh-keygen -q -t ed25519 -N '' -C nodeagent-lab -f "$work/host/key"
install -d -m 700 "$root/root/.ssh"
install -m 600 "$work/host/key.pub" "$root/root/.ssh/authorized_keys"
rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C host -f "$root/etc/ssh/ssh_host_ed25519_key"
sed 's/^/nodeagent-lab-host /' "$root/etc/ssh/ssh_host_ed25519_key.pub" >"$work/host/known_hosts"
cat >"$root/etc/ssh/sshd_config.d/lab.conf" <<'SSHD'
# Many commands at a time over one connection, none of which is a login.
MaxSessions 200
UsePAM no
SSHD
cat >"$root/etc/systemd/network/10-door.link" <<'LINK'
[Match]
MACAddress=52:54:00:64:6f:6f
[Link]
Name=door
LINK
mkdir -p "$root/usr/local/lib/systemd/system"
cat >"$root/usr/local/lib/systemd/system/lab-door.service" <<'UNIT'
[Unit]
Description=The way into this lab host
BindsTo=sys-subsystem-net-devices-door.device
After=sys-subsystem-net-devices-door.device
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link set door up
ExecStart=/usr/sbin/ip address add 10.0.2.15/24 dev door

[Install]
WantedBy=multi-user.target
UNIT
# Says once on a port of its own that the host has started all that it is to start, and how that went.
cat >"$root/usr/local/lib/systemd/system/lab-up.service" <<'UNIT'
[Unit]
Description=Tell that this lab host is up
After=ssh.service lab-door.service

[Service]
ExecStart=/bin/sh -c 'echo up "$(systemctl is-system-running --wait)" >/dev/virtio-ports/nodeagent.lab.up'

[Install]
WantedBy=multi-user.target
UNIT
# All of the journal is seen outside while it is written, for when nobody can ask the host any more.
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nForwardToConsole=yes\nTTYPath=/dev/hvc0\nMaxLevelConsole=debug\n' >"$root/etc/systemd/journald.conf.d/lab.conf"
chroot "$root" systemctl --quiet enable lab-door.service lab-up.service ssh.service
# Where KVM is the processor's, udev may load its module or not; here it is there from the start.
echo kvm_amd >"$root/etc/modules-load.d/lab.conf"
echo 'nodeagent-lab' >"$root/etc/hostname"
echo '/dev/vda / ext4 defaults,discard 0 0' >"$root/etc/fstab"
: >"$root/etc/machine-id"

# SELinux for a boot with security=selinux: the policy under the name that Fedora and RHEL have for theirs, and a label on
# each file, which the kernel of another boot does not look at.
for folder in etc var/lib; do
  mv "$root/$folder/selinux/default" "$root/$folder/selinux/targeted"
done
printf 'SELINUX=enforcing\nSELINUXTYPE=targeted\n' >"$root/etc/selinux/config"
# The door and the journal's way out are the lab's: what they do there no host of an operator's would allow, nor need.
cat >"$work/lab.te" <<'MODULE'
module lab 1.0;
require { type sshd_t, syslogd_t; }
permissive sshd_t;
permissive syslogd_t;
MODULE
checkmodule -M -m -o "$work/lab.mod" "$work/lab.te" >/dev/null
semodule_package --outfile "$root/tmp/lab.pp" --module "$work/lab.mod"
chroot "$root" semodule --noreload --store targeted --install /tmp/lab.pp >"$work/semodule.log" 2>&1 || { cat "$work/semodule.log" >&2; exit 1; }
rm "$root/tmp/lab.pp"
unshare --mount sh -c 'mount -t proc proc "$0/proc" && chroot "$0" setfiles -F /etc/selinux/targeted/contexts/files/file_contexts /' "$root" \
  >"$work/labels.log" 2>&1 || { cat "$work/labels.log" >&2; exit 1; }

# Room to work in costs nothing: the file is as large as what is in it.
truncate --size=8G "$work/host/disk.img"
mkfs.ext4 -q -F -L host -O ^metadata_csum -E lazy_itable_init=1,lazy_journal_init=1 -d "$root" "$work/host/disk.img"
mv "$work/host" "$host"
echo "$host"

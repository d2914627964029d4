#!/usr/bin/env bash
# Keeps one lab host (see README.md): a disk of its own over one that many share, and QEMU whenever it is to be up.
# Everything that it has lies in a folder of its own and is put away at the end of its standard input: so a host ends with
# whoever started it, however that ended.
#   usage: tests/lab/host/run.sh NAME IMAGE [QEMU ARGUMENT...]      IMAGE as build.sh printed it
#   environment: HOST_APPEND, more of the kernel's command line
#   input: "boot" boots it
#   output: "home FOLDER", with the files ssh (for ssh -F), console.log and journal.log; after each boot "up STATE", with
#           what systemctl(1) is-system-running says; after each end "down"
set -uo pipefail
name=$1 image=$2
shift 2
hosts=/var/tmp/nodeagent-host
home=$hosts/$name

# What was left by keepers that were killed is put away by the next. The lock is the keeper's alone, and falls with it; the
# other one is held while a host is begun, so that nobody takes a new one for a left one.
mkdir -p "$hosts"
exec 7>/run/lock/nodeagent-host
flock 7
for left in "$hosts"/*/; do
  [ ! -d "$left" ] || ! flock --nonblock "$left/lock" true || rm -rf "$left"
done
mkdir "$home" || exit
exec 8>"$home/lock"
flock 8
exec 7>&-

qemu=
put_away() {
  [ -z "$qemu" ] || kill -KILL "$qemu" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$home"
}
trap put_away EXIT
trap 'exit 1' INT TERM HUP

qemu-img create -q -f qcow2 -F raw -b "$image/disk.img" "$home/disk.qcow2" || exit
# An address of its own on the loopback network: no port has to be found free. Nobody else alive has our number.
address=127.$((64 + ($$ >> 16 & 31))).$(($$ >> 8 & 255)).$(($$ & 255))
cat >"$home/ssh" <<SSH
Host host
  HostName $address
  Port 22022
  User root
  IdentityFile $image/key
  IdentitiesOnly yes
  HostKeyAlias nodeagent-lab-host
  UserKnownHostsFile $image/known_hosts
  GlobalKnownHostsFile none
  BatchMode yes
  LogLevel ERROR
SSH
echo "home $home"

# One processor: with two, guests on the KVM inside died early in one boot of six. The clock is the machine's, and the
# kernel need not try it; nor need it guard against faults that an emulated processor does not have.
append="root=/dev/vda console=ttyS0 quiet net.ifnames=0 systemd.show_status=no mitigations=off tsc=reliable no_timer_check ${HOST_APPEND:-}"
boot() {
  # QEMU ends with its keeper even where that is killed. Descriptor 9 is QEMU's alone, so its end is QEMU's.
  setpriv --pdeathsig KILL qemu-system-x86_64 -name "$name" -nodefaults -no-user-config -no-reboot -display none \
    -machine q35 -accel tcg,thread=multi,tb-size=512 -cpu EPYC,+svm,+npt -smp 1 -m 2048 \
    -kernel "$image/vmlinuz" -initrd "$image/initrd.gz" -append "$append" \
    -drive "if=none,id=disk,file=$home/disk.qcow2,format=qcow2,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=disk \
    -object rng-random,id=random,filename=/dev/urandom -device virtio-rng-pci,rng=random \
    -netdev "user,id=door,restrict=on,hostfwd=tcp:$address:22022-10.0.2.15:22" \
    -device virtio-net-pci,netdev=door,mac=52:54:00:64:6f:6f,romfile= \
    -chardev "file,id=console,path=$home/console.log,append=on" -serial chardev:console \
    -device virtio-serial-pci \
    -chardev "file,id=journal,path=$home/journal.log,append=on" -device virtconsole,chardev=journal \
    -chardev file,id=up,path=/dev/fd/9 -device virtserialport,chardev=up,name=nodeagent.lab.up \
    "$@" 9> >(cat; echo down) </dev/null >>"$home/console.log" 2>&1 8>&- &
  qemu=$!
}

while read -r word; do
  case $word in
    boot) boot "$@" ;;
    *) echo "host: $word is not understood" >&2 ;;
  esac
done

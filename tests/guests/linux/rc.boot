#!/bin/sh
# Mounts what every program expects, loads the few drivers, then greets: the line that tests and the demo wait for.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
hostname guest
while read -r module; do
  insmod "/lib/modules/$module" 2>/dev/null
done </lib/modules/order
# Every SysRq command, so that a test can make the kernel panic on request.
echo 1 >/proc/sys/kernel/sysrq

# The ACPI power button is an input device. It is opened here, before the greeting, so that nobody who has seen the
# greeting can press it in vain.
button=$(awk '/^N:/{found = /Power Button/} found && /^H:/{match($0, /event[0-9]+/); print substr($0, RSTART, RLENGTH); exit}' \
  /proc/bus/input/devices)
if [ -n "$button" ]; then
  exec 3<"/dev/input/$button"
  /sbin/power-button <&3 3<&- &
fi

echo "NodeAgent guest says hello"
echo "Linux $(uname -r), $(grep -c ^processor /proc/cpuinfo) vCPU, $(awk '/MemTotal/{print int($2/1024)}' /proc/meminfo) MiB"

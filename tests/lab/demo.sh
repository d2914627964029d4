#!/usr/bin/env bash
# make demo: a VM's whole life on this machine, told as it happens. Everything lies in a folder of its own and is gone
# at the end, also after Ctrl-C or a failure.
#   usage: tests/lab/demo.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d /tmp/nodeagent-demo-XXXXXX)
images=$work/state/images
metrics=127.$((RANDOM % 200 + 20)).$((RANDOM % 256)).$((RANDOM % 254 + 1)):9464
export NODECTL_HOST=unix:$work/run/api.sock PATH=$PWD/artifacts/bin:$PATH
agent=

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' dim='' plain=''
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '   %s\n' "$*"; }

# Shows a command, runs it, and sets off what it prints.
show() {
  printf '%s $ %s%s\n' "$dim" "$*" "$plain"
  "$@" 2>&1 | indent
}

# The guest's own escape sequences would move the cursor about.
indent() { sed -E -e 's/\x1b(\[[0-9;?]*[A-Za-z]|c)//g; s/\r//g; s/^/   /' -e '$a\'; }

pid_of() { nodectl vm get "$1" -o json | sed -nE 's/.*"pid": *([0-9]+).*/\1/p' | head -n 1; }

start_agent() {
  printf '%s $ nodeagentd --state-dir %s --run-dir %s --metrics-listen %s &%s\n' "$dim" "$work/state" "$work/run" "$metrics" "$plain"
  nodeagentd --state-dir "$work/state" --run-dir "$work/run" --metrics-listen "$metrics" 2>>"$work/agent.log" &
  agent=$!
  until nodectl vm list >/dev/null 2>&1; do
    kill -0 "$agent" 2>/dev/null || { indent <"$work/agent.log"; exit 1; }
    sleep 0.05
  done
}

# Waits until the guest has printed a line; gives up after a minute.
wait_for_line() {
  for _ in $(seq 300); do
    if nodectl vm logs hello | grep -q "$1"; then
      return
    fi
    sleep 0.2
  done
  echo "the guest did not say \"$1\" within a minute" >&2
  return 1
}

clean_up() {
  local status=$?
  trap - EXIT
  set +e
  if [ -n "$agent" ] && kill -0 "$agent" 2>/dev/null; then
    nodectl vm stop hello --force >/dev/null 2>&1
    kill "$agent"
  fi
  # A guest that outlived its agent names its kernel in this folder, as nothing else does.
  for pid in $(pgrep -f -- "qemu-system.*$work/"); do kill -9 "$pid"; done
  wait 2>/dev/null
  if [ "$status" -ne 0 ] && [ -s "$work/agent.log" ]; then
    printf '\nThe demo ended early (status %s). The agent said last:\n' "$status"
    tail -n 20 "$work/agent.log" | indent
  fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

mkdir -p "$images"
cp artifacts/guests/vmlinuz artifacts/guests/initrd.gz "$images/"
begin=$SECONDS

say "1. The agent starts, and this host becomes a virtualization node."
start_agent

say "2. What is this host good for?"
note "Tiny guests are really run to find out whether KVM does what it promises."
nodectl doctor >"$work/doctor" 2>&1 || true
printf '%s $ nodectl doctor%s\n' "$dim" "$plain"
indent <"$work/doctor"
show nodectl node get

say "3. A Linux guest, as a YAML file."
sed "s|/var/lib/nodeagent/images|$images|" docs/examples/linux.yaml >"$work/linux.yaml"
show cat "$work/linux.yaml"
show nodectl vm create -f "$work/linux.yaml"

say "4. It starts, and greets on its serial console."
show nodectl vm start hello
wait_for_line "NodeAgent guest says hello"
show nodectl vm logs hello --tail 8
note "A note is left in the guest's memory, to be found again later:"
echo 'echo "written before the crash" > /tmp/note' | nodectl vm console hello | indent
pid=$(pid_of hello)
show nodectl vm list

say "5. The agent is killed with -9. The guest does not care."
printf '%s $ kill -9 %s%s\n' "$dim" "$agent" "$plain"
kill -9 "$agent"
wait "$agent" 2>/dev/null || true
note "QEMU is process $pid, and lives: $(ps -o etime=,stat= -p "$pid" | awk '{print "up " $1 ", state " $2}')"

say "6. The agent comes back, proves who the process is, and goes on."
start_agent
nodectl vm wait hello --for running --timeout 30s >/dev/null
show nodectl vm list
if [ "$(pid_of hello)" != "$pid" ]; then
  echo "the guest has another process than before" >&2
  exit 1
fi
note "The same process, $pid; and the guest still has its note:"
echo 'cat /tmp/note' | nodectl vm console hello | indent

say "7. All that the agent knows can be scraped; a scrape asks nothing of a guest."
printf '%s $ curl http://%s/metrics%s\n' "$dim" "$metrics" "$plain"
curl --silent --fail "http://$metrics/metrics" >"$work/metrics"
grep -E '^nodeagent_(build_info|kvm_|vm_state|vms|recovery_|event_|events_|operations_|process_resident_memory_bytes|rpc_requests_total)' \
  "$work/metrics" | head -n 40 | indent

say "8. The guest is asked to shut down, and does so in order."
show nodectl vm shutdown hello
show nodectl vm logs hello --tail 6
show nodectl vm get hello

say "9. What happened is on record, numbered and durable."
show nodectl event list

say "10. Everything is put away."
show nodectl vm delete hello
kill "$agent"
wait "$agent"
agent=
left=$(find "$work/run" -type s -o -type d -path "$work/run/vms/*")
if [ -n "$left" ] || pgrep -f -- "$work/" >/dev/null; then
  echo "something was left behind: $left" >&2
  exit 1
fi
note "No process, no socket and no file of a guest is left. That took $((SECONDS - begin)) s."

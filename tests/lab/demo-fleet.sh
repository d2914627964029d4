#!/usr/bin/env bash
# make demo-fleet: a manager and three nodes on this machine, told as it happens.
#   usage: tests/lab/demo-fleet.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lab/fleet-parts.sh
begin=$SECONDS

say "1. A manager, and three hosts that know nothing of it"
start_manager
for node in ant bee cat; do start_node "$node"; done
note "nodeagentd runs three times, each with directories of its own; none of them listens on any network"

say "2. Each joins by a token, which is good for one node and one time"
for node in ant bee cat; do join "$node"; done
note "ant leaves, and tries cat's token:"
on ant node leave >/dev/null
{ on ant node join - <<<"$token" || true; } 2>&1 | indent

say "3. A node that was in the fleet before is let in by a person, who compares the key on both sides"
{ on ant node join - --no-wait <<<"$(reference-manager token)"; } 2>&1 | first 1 | indent
show reference-manager pending
show reference-manager approve "$(field id ant node get)"
until_connected ant bee cat

say "4. Each says by its lease, every second, that it lives"
show reference-manager nodes

say "5. The manager drives a VM on a node that it cannot dial: the calls travel back over the node's session"
bee=$(field id bee node get)
show reference-manager vm create "$bee" web --memory 16 --disk "$work/bee/state/images/tick.raw" --via tunnel
show reference-manager vm start "$bee" web --via tunnel
until_says 'tick 2' on bee vm logs web
show reference-manager vms
pid=$(field pid bee vm get web)
note "On its host it is QEMU $pid, and on record is who asked for it: $(on bee event list -o json | sed -nE 's/.*"caller": *"(manager:[^"]+)".*/\1/p' | first 1)"

say "6. The manager is killed; guest and local API do not notice"
printf '%s $ kill -9 %s%s\n' "$dim" "$manager" "$plain"
kill -9 "$manager"
wait "$manager" 2>/dev/null || true
until_says '"connected": *false|"problem"' on bee node membership -o json
on bee node membership | grep session | indent
show_on bee vm pause web
show_on bee vm resume web
if [ "$(field pid bee vm get web)" != "$pid" ]; then
  echo "the guest has another process than before" >&2
  exit 1
fi
note "It is the same process, $pid."

say "7. The manager comes back, finds its nodes, and is told what happened meanwhile"
start_manager
until_says 'vm.resumed' reference-manager events "$bee"
reference-manager events "$bee" | tail -n 4 | indent
until_connected ant bee cat
show reference-manager nodes

say "8. The fleet's authority is replaced: each node gets a new key and certificate, and none is ever without a session"
on cat node membership | grep -E 'certificate|key' | indent
key=$(field keyFingerprint cat node membership)
show reference-manager rotate-ca begin
until_says 'ready' reference-manager rotate-ca status
show reference-manager rotate-ca finish
on cat node membership | grep -E 'certificate|key' | indent
if [ "$(field keyFingerprint cat node membership)" = "$key" ]; then
  echo "the node has the same key as before" >&2
  exit 1
fi
reference-manager nodes --json | sed -nE 's/.*"sessions": *"?([0-9]+).*/sessions since the manager came back: \1/p' | first 1 | indent

say "9. Everything is put away."
show_on bee vm stop web --force
show reference-manager vm delete "$bee" web
note "That took $((SECONDS - begin)) s."

#!/usr/bin/env bash
# make fleet: a manager and three nodes on this machine, which stay until Ctrl-C. Another terminal drives them.
#   usage: tests/lab/fleet.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/lab/fleet-parts.sh

say "A manager, and three nodes that join it"
start_manager
for node in ant bee cat; do
  start_node "$node"
  join "$node"
done
until_connected ant bee cat
show reference-manager nodes

say "In another terminal"
cat <<END
   export PATH=$PWD/artifacts/bin:$(dirname "$manager_binary"):\$PATH REFERENCE_MANAGER_DATA=$work/manager
   reference-manager nodes
   reference-manager vm create $(field id ant node get) web --disk $work/ant/state/images/tick.raw
   reference-manager vm start $(field id ant node get) web
   reference-manager events --follow
   NODECTL_HOST=unix:$work/ant/run/api.sock nodectl vm console web      # the same VM on its host; Ctrl-] leaves
   NODECTL_HOST=unix:$work/bee/run/api.sock nodectl node membership
   kill $manager                                                        # the manager is gone; guests run on
END
note ""
note "Ctrl-C here takes everything down. Logs: $work/manager.log, $work/*/agent.log"

# The nodes live on without their manager, and so does this.
wait "${agents[@]}" || true

#!/usr/bin/env bash
# "The dashboard looks clean", from end to end: a provider that is healthy, a network that is not, and each tool's answer.
# docs/guides/clean-dashboard.md tells the same with words.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
ledger=$work/ledger.db
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT

say() { printf '\n$ %s\n' "$*"; }

start() { # LOG WORDS... : runs backstay until it says these words
  local log=$1 words=$2
  shift 2
  "$@" >"$log" 2>&1 &
  for _ in $(seq 600); do
    grep -q "$words" "$log" && return
    sleep 0.1
  done
  cat "$log" && exit 1
}

say "backstay simulate --script examples/clean-dashboard.yaml"
start "$work/simulator" http ./backstay simulate --script examples/clean-dashboard.yaml --listen 127.0.0.1:18082
export FIREWORKS_API_KEY=fw_demo FIREWORKS_BASE_URL=http://127.0.0.1:18082 FIREWORKS_ACCOUNT_ID=demo
export BACKSTAY_LEDGER=$ledger BACKSTAY_ADMIN_LISTEN=127.0.0.1:18081

say "backstay serve --upstream http://127.0.0.1:18082/inference/v1"
start "$work/gateway" Try: ./backstay serve --upstream http://127.0.0.1:18082/inference/v1 --listen 127.0.0.1:18080
gateway=$!

say "240 calls"
seq 240 | xargs -P 8 -I{} curl -sS -o /dev/null -w '%{http_code}\n' http://127.0.0.1:18080/v1/chat/completions \
  -H 'Content-Type: application/json' \
  -d '{"model": "accounts/fireworks/models/demo", "max_tokens": 20, "messages": [{"role": "user", "content": "What is a backstay?"}]}' |
  sort | uniq -c

say "curl http://127.0.0.1:18080/metrics | grep attempts"
curl -sS http://127.0.0.1:18080/metrics | grep '^backstay_attempts_total{.*probe="false"'

call=$(curl -sS http://127.0.0.1:18081/api/calls?most=200 | tr '{' '\n' | sed -n 's/.*"id":"\([^"]*\)".*"attempts":[2-9].*/\1/p' | head -1)
say "backstay explain $call"
./backstay explain "$call"

kill -TERM "$gateway" && wait "$gateway" || true
say "backstay reconcile --since 15m"
./backstay reconcile --since 15m || echo "(exit code $?: there is something to do)"

say "backstay reconcile --serverless"
./backstay reconcile --serverless

say "backstay doctor --url http://127.0.0.1:18082/inference/v1 --model accounts/fireworks/models/demo"
./backstay doctor --url http://127.0.0.1:18082/inference/v1 --model accounts/fireworks/models/demo || echo "(exit code $?)"

#!/usr/bin/env bash
# Runs the gateway as a Home Assistant app: writes its configuration from the app's options, gives up being root, serves.
set -euo pipefail

readonly options=/data/options.json
readonly own=/data/local-voice
readonly loading_s=120 # a slow machine loads its models within this time
readonly no_answer=2   # what `local-voice pair` ends with where no gateway answers

readonly drop=(--reuid local-voice --regid local-voice --clear-groups --no-new-privs)
readonly no_power=(--inh-caps=-all --ambient-caps=-all --bounding-set=-all)
# The process that hears is yet another user: to start it, and to end it.
readonly changes_user=-all,+setuid,+setgid,+kill

as_local_voice() { setpriv "${drop[@]}" "${no_power[@]}" "$@"; }

pair() { # ROLE [OPTION…]: as soon as the gateway answers
  local end=$((SECONDS + loading_s)) status
  while [[ $SECONDS -lt $end ]]; do
    status=0
    as_local_voice local-voice pair "$@" 2>/dev/null || status=$?
    [[ $status -eq $no_answer ]] || return 0
    sleep 1
  done
  as_local_voice local-voice pair "$@" # says why not
}

mkdir -p "$own" /tmp/config/local-voice
export XDG_CONFIG_HOME=/tmp/config
/app/write_config.py "$options" >"$XDG_CONFIG_HOME/local-voice/config.toml"
chown -R local-voice: "$own"
chmod a+x /data "$own" # for the process that hears, on its way to the models
chmod -R a+rX "$XDG_CONFIG_HOME"

role=$(/app/write_config.py "$options" pair)
area=$(/app/write_config.py "$options" area)
case $role in
  home) pair home & ;;
  satellite) pair satellite ${area:+--area "$area"} & ;;
esac
exec setpriv "${drop[@]}" --inh-caps="$changes_user" --ambient-caps="$changes_user" --bounding-set="$changes_user" \
  local-voice serve

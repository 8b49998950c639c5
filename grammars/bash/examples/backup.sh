#!/usr/bin/env bash
# Copies a folder and keeps the last few copies.
set -euo pipefail

source "$(dirname "$0")/lib.sh"
. ./colors.sh

KEEP=5
readonly TARGET="${1:-/var/backups}"
export LOG_LEVEL=info

log() {
  local level=$1; shift
  echo "[$level] $*" >&2
}

function prune {
  local -a copies=()
  mapfile -t copies < <(ls -1t "$TARGET")
  for ((i = KEEP; i < ${#copies[@]}; i++)); do
    log info "removing ${copies[$i]}"
    rm -rf -- "${TARGET:?}/${copies[$i]}"
  done
}

main() {
  local name
  name="backup-$(date +%F)"
  if [[ -e "$TARGET/$name" ]]; then
    log warn 'already there'
    return 1
  fi
  case "${2:-copy}" in
    copy) cp -a . "$TARGET/$name" ;;
    move) mv ./* "$TARGET/$name" ;;
    *)
      cat <<USAGE
usage: $0 [TARGET] [copy|move]
USAGE
      ;;
  esac
  prune
}

main "$@"

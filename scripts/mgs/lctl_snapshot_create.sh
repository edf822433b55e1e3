#!/bin/bash -p
# Makes a snapshot of a Lustre file system, on the MGS, and saves the ldev.conf that it was made with.
#
#   lctl_snapshot_create.sh -F FSNAME -n NAME [-c COMMENT] [-t BARRIER_SECONDS] [-b on|off]
#
# One that could not be made leaves nothing behind.
# Settings, files and exit codes: docs/mgs.md.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/mgs/lctl_snapshot_run.sh
. "$HERE/lctl_snapshot_run.sh"
snapshot_main create "$@"

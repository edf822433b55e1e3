#!/bin/bash -p
# Lists the snapshots of a Lustre file system, on the MGS.
#
#   lctl_snapshot_list.sh -F FSNAME [-n NAME] [-d]
#
# Waits while another command has a different ldev.conf in place.
# Settings, files and exit codes: docs/mgs.md.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/mgs/lctl_snapshot_run.sh
. "$HERE/lctl_snapshot_run.sh"
snapshot_main list "$@"

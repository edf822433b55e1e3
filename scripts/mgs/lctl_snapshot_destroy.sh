#!/bin/bash -p
# Destroys a snapshot of a Lustre file system, with the ldev.conf that it was made with, and that ldev.conf.
#
#   lctl_snapshot_destroy.sh -F FSNAME -n NAME [-f]
#
# The present ldev.conf is put back afterwards, whatever happens. -f: also one that is mounted, or incomplete.
# Settings, files and exit codes: docs/mgs.md.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/mgs/lctl_snapshot_run.sh
. "$HERE/lctl_snapshot_run.sh"
snapshot_main destroy "$@"

#!/bin/bash -p
# Unmounts a snapshot of a Lustre file system on its servers, with the ldev.conf that it was made with.
#
#   lctl_snapshot_umount.sh -F FSNAME -n NAME
#
# The present ldev.conf is put back afterwards, whatever happens.
# Settings, files and exit codes: docs/mgs.md.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/mgs/lctl_snapshot_run.sh
. "$HERE/lctl_snapshot_run.sh"
snapshot_main umount "$@"

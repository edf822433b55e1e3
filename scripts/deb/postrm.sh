#!/bin/sh
# A purge too leaves /etc/lustrebackup.conf, logs and state: nothing of the package has made them.
set -e

if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi

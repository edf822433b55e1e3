#!/bin/sh
# Takes away the releases that postinst has made. Configuration, logs and state stay.
set -e

[ "$1" = remove ] || exit 0
lib="${DPKG_ROOT:-}/usr/lib"
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    for timer in source target cleanup source-verify target-verify; do
        systemctl disable --now "lustrebackup-$timer.timer" >/dev/null 2>&1 || true
    done
fi
rm -f -- "$lib/lustrebackup"
rm -rf -- "$lib"/lustrebackup-[0-9]* "$lib"/.installing-lustrebackup-*

#!/bin/sh
# Makes the release of the package the one that is used. The release before stays for the commands that are running from it.
set -e

case $1 in
    configure | abort-upgrade | abort-remove | abort-deconfigure) ;;
    *) exit 0 ;;
esac
lib="${DPKG_ROOT:-}/usr/lib"
release=@RELEASE@
before=$(readlink "$lib/lustrebackup" || true)
new="$lib/.installing-$release"

if [ ! -d "$lib/$release" ]; then
    rm -rf -- "$new"
    # Hard links cost nothing; not every file system has them.
    if ! cp -a -l -- "$lib/lustrebackup-package/$release" "$new" 2>/dev/null; then
        rm -rf -- "$new"
        cp -a -- "$lib/lustrebackup-package/$release" "$new"
    fi
    # Of the Node.js that this host has. Commands run without it too, and start more slowly.
    /usr/bin/node "$new/bytecode.cjs" "$lib/$release" || rm -rf -- "$new/bytecode"
    mv -T -- "$new" "$lib/$release"
fi
ln -sfn -- "$release" "$lib/.lustrebackup-link"
mv -T -f -- "$lib/.lustrebackup-link" "$lib/lustrebackup"

for folder in "$lib"/lustrebackup-[0-9]* "$lib"/.installing-lustrebackup-*; do
    case ${folder##*/} in
        "$release" | "$before") ;;
        *) rm -rf -- "$folder" ;;
    esac
done

if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi

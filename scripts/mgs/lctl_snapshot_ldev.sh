# shellcheck shell=bash
# One saved ldev.conf a snapshot, and the swap. Sourced after lctl_snapshot_lib.sh; everything here needs the lock.
#
# lctl cannot cope with an ldev.conf that has changed since a snapshot was made, so the one of that time is put in place for as long as
# lctl runs. Beside ldev.conf lie meanwhile
#   ldev.conf.lctl_snapshot.original   the file that was there, by a hard link: its inode, owner, mode and labels stay what they are
#   ldev.conf.lctl_snapshot.installed  what was put in its place, to see whether somebody else has changed it since
# At any moment there is an ldev.conf, complete. Whatever kills this script, the next call finds the original and puts it back.

ORIGINAL=$LDEV_CONF.lctl_snapshot.original
INSTALLED=$LDEV_CONF.lctl_snapshot.installed
INCOMING=$LDEV_CONF.lctl_snapshot.incoming
REPLACED=$LDEV_CONF.lctl_snapshot.replaced

# Copies a file so that the copy is there completely or not at all, also after a power cut.
copy_whole() {
    cp -p -- "$1" "$2.part" && sync "$2.part" && mv -fT -- "$2.part" "$2"
}

# Puts back what a swap has displaced; safe to repeat at any moment of one.
restore_ldev_conf() {
    if [[ -e $ORIGINAL || -L $ORIGINAL ]]; then
        if [[ $ORIGINAL -ef $LDEV_CONF ]]; then
            rm -f -- "$ORIGINAL"
        elif [[ ! -e $LDEV_CONF ]] || cmp -s -- "$LDEV_CONF" "$INSTALLED"; then
            mv -fT -- "$ORIGINAL" "$LDEV_CONF"
        else
            mv -fT -- "$ORIGINAL" "$REPLACED"
            say "$LDEV_CONF was changed while a snapshot command had swapped it: it stays as it is; what was there before is $REPLACED"
        fi || { say "cannot put $LDEV_CONF back: it is $ORIGINAL"; return 1; }
    fi
    rm -f -- "$INSTALLED" "$INSTALLED.part" "$INCOMING" "$INCOMING.part"
}

# Puts the ldev.conf of a snapshot in place, unless it is the same as now, or none was saved.
swap_in() {
    local saved
    saved=$(saved_of "$1" "$2") || {
        say "no ldev.conf was saved for the snapshot $2 of $1: using $LDEV_CONF as it is"
        return 0
    }
    cmp -s -- "$saved" "$LDEV_CONF" && return 0
    if copy_whole "$saved" "$INSTALLED" && copy_whole "$saved" "$INCOMING" && ln -P -- "$LDEV_CONF" "$ORIGINAL"; then
        mv -fT -- "$INCOMING" "$LDEV_CONF" && return 0
    fi
    say "cannot put the ldev.conf of the snapshot $2 of $1 in place of $LDEV_CONF"
    return 1
}

# --- saved ones ----------------------------------------------------------------------------------------------------------------

# NAME.ldev.conf belongs to a snapshot that is there; NAME.new to one that is being made, or was being made when the script was killed.
saved_of() {
    local base=$STATE/$1/$2
    if [[ -f $base.ldev.conf ]]; then
        printf '%s' "$base.ldev.conf"
    elif [[ -f $base.new ]]; then
        printf '%s' "$base.new"
    else
        return 1
    fi
}

# A NAME.new that is there already may be that of a snapshot: it becomes its own before this one is written.
save_ldev_conf() {
    [[ ! -f $STATE/$1/$2.new || -f $STATE/$1/$2.ldev.conf ]] || keep_saved "$1" "$2" || return 1
    mkdir -p -- "$STATE/$1" && copy_whole "$LDEV_CONF" "$STATE/$1/$2.new" && return 0
    say "cannot save $LDEV_CONF in $STATE/$1"
    return 1
}

# The snapshot was made.
keep_saved() {
    mv -fT -- "$STATE/$1/$2.new" "$STATE/$1/$2.ldev.conf" && sync "$STATE/$1/$2.ldev.conf"
}

# The snapshot was not made; an older one of that name keeps its own.
drop_unsaved() {
    rm -f -- "$STATE/$1/$2.new"
}

drop_saved() {
    rm -f -- "$STATE/$1/$2.ldev.conf" "$STATE/$1/$2.new"
}

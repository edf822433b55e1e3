# shellcheck shell=bash
# The five actions. Sourced by lctl_snapshot_ACTION.sh, which sets HERE and calls snapshot_main ACTION "$@".

# shellcheck source=scripts/mgs/lctl_snapshot_lib.sh
. "$HERE/lctl_snapshot_lib.sh"

# Ends with lctl's own exit code; 22 for wrong usage, 11 when another command runs for too long, 128 and more after a signal.
snapshot_main() {
    local action=$1
    shift
    parse_options "$action" "$@" || {
        say "$PROBLEM"
        exit "$EINVAL"
    }
    read_settings
    # shellcheck source=scripts/mgs/lctl_snapshot_ldev.sh
    . "$HERE/lctl_snapshot_ldev.sh"
    take_lock
    trap finish EXIT
    restore_ldev_conf || exit "$EINVAL"
    "run_$action"
    exit "${STOP_EXIT:-$CHILD_EXIT}"
}

# Runs however the script ends, except by kill -9 or a power cut; after these the next call does it.
finish() {
    trap '' HUP INT TERM
    restore_ldev_conf
}

run_create() {
    save_ldev_conf "$FSNAME" "$NAME" || exit "$EINVAL"
    run_child lctl snapshot_create "${LCTL_OPTIONS[@]}"
    # Killed, lctl may have made it all the same: then the saved one is needed.
    if ((CHILD_EXIT == 0)); then
        keep_saved "$FSNAME" "$NAME"
    elif [[ -z $STOP_EXIT ]]; then
        drop_unsaved "$FSNAME" "$NAME"
    fi
}

run_list() {
    run_child lctl snapshot_list "${LCTL_OPTIONS[@]}"
}

run_mount() {
    swap_in "$FSNAME" "$NAME" || exit "$EINVAL"
    run_child lctl snapshot_mount "${LCTL_OPTIONS[@]}"
}

run_umount() {
    swap_in "$FSNAME" "$NAME" || exit "$EINVAL"
    run_child lctl snapshot_umount "${LCTL_OPTIONS[@]}"
}

run_destroy() {
    swap_in "$FSNAME" "$NAME" || exit "$EINVAL"
    run_child lctl snapshot_destroy "${LCTL_OPTIONS[@]}"
    ((CHILD_EXIT != 0)) || drop_saved "$FSNAME" "$NAME"
}

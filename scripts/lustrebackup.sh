#!/bin/sh
# Runs a lustrebackup command from cron: keeps its output in a log, mails the log, exits with the command's own exit code.
#
#   lustrebackup.sh COMMAND [ARGUMENTS]
#
# COMMAND lies beside this script. Its output goes to LOGDIR/COMMAND.PID.log (LOGDIR: /var/log by default), which is removed after a
# success and kept after a failure. With MAILFROM and MAILTO set the log is mailed: after a failure always, after a success when
# NOTIFY_SUCCESS is set. Nothing that goes wrong with log or mail keeps the command from running or changes the exit code.

set -u

MAIL_BYTES_MAX=1000000
MAIL_SECONDS_MAX=120

say() { printf 'lustrebackup.sh: %s\n' "$*" >&2; }

# Creates the log, new and readable for its owner only; false when the folder does not let us. One that an earlier process of the same
# number has left (its run failed) is put aside first.
create_log() {
    [ ! -e "$1" ] || mv -f -- "$1" "$1.old" 2>/dev/null
    (umask 077 && set -C && : >"$1") 2>/dev/null
}

# Opens a log in LOGDIR, otherwise among the temporary files. Result in log; empty when there is none.
open_log() {
    log="${LOGDIR:-/var/log}/$command.$$.log"
    create_log "$log" && return
    say "cannot write $log"
    log=$(mktemp "${TMPDIR:-/tmp}/$command.$$.XXXXXX" 2>/dev/null) || log=
    if [ -n "$log" ]; then say "logging to $log instead"; else say "running without a log"; fi
}

# Runs the command and passes signals on to it. Result in code.
run_command() {
    if [ -n "$log" ]; then
        "$folder/$command" "$@" <&0 >"$log" 2>&1 &
    else
        "$folder/$command" "$@" <&0 &
    fi
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null' TERM HUP
    trap 'kill -INT "$child" 2>/dev/null' INT
    wait "$child"
    code=$?
    # A signal ends `wait` before the command has ended.
    while kill -0 "$child" 2>/dev/null; do
        wait "$child"
        code=$?
    done
    trap - TERM HUP INT
}

mail_text() {
    printf '%s on %s: %s\n' "$command" "$host" "$result"
    [ -n "$log" ] || return
    size=$(wc -c <"$log")
    if [ "$size" -gt "$MAIL_BYTES_MAX" ]; then printf 'The last %s of %s bytes of the log:\n' "$MAIL_BYTES_MAX" "$size"; fi
    printf '\n'
    tail -c "$MAIL_BYTES_MAX" "$log"
}

# False when nothing was sent.
send_mail() {
    [ -n "${MAILFROM:-}" ] && [ -n "${MAILTO:-}" ] || return 1
    if ! command -v mail >/dev/null 2>&1; then
        say "no mail sent: there is no program called mail (Debian: bsd-mailx, RHEL: s-nail or mailx)"
        return 1
    fi
    limit=
    command -v timeout >/dev/null 2>&1 && limit="timeout $MAIL_SECONDS_MAX"
    # shellcheck disable=SC2086  # limit is two words or none
    mail_text | $limit mail -s "lustrebackup $host: $command $result" -r "$MAILFROM" "$MAILTO" || {
        say "no mail sent to $MAILTO: mail failed"
        return 1
    }
}

# What an exit code of a lustrebackup command means.
meaning() {
    case $1 in
        2) echo " (wrong usage or configuration)" ;;
        3) echo " (another run holds the lock)" ;;
        4) echo " (verification found differences)" ;;
        5) echo " (a full map is needed)" ;;
        6) echo " (done, but some entries could not be copied)" ;;
        130 | 143) echo " (stopped by a signal)" ;;
    esac
}

if [ $# -eq 0 ] || [ "${1#-}" != "$1" ]; then
    echo "usage: lustrebackup.sh COMMAND [ARGUMENTS]" >&2
    [ "${1:-}" = --help ] || [ "${1:-}" = -h ] || exit 2
    exit 0
fi
command=$1
shift
case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
case $command in
    */*)
        say "COMMAND must be a name without a slash: the command that lies beside lustrebackup.sh is run"
        exit 2
        ;;
esac
if [ ! -f "${folder:=/}/$command" ] || [ ! -x "$folder/$command" ]; then
    say "there is no command $command in $folder"
    exit 2
fi
host=$(hostname 2>/dev/null || uname -n)

open_log
run_command "$@"

if [ "$code" -eq 0 ]; then
    result="done"
    if [ -n "${NOTIFY_SUCCESS:-}" ]; then send_mail; fi
    if [ -n "$log" ]; then rm -f -- "$log"; fi
else
    result="ended with exit code $code$(meaning "$code")"
    # Without a mail of ours the sentence below is what cron mails.
    send_mail || say "$command $result${log:+; its output is in $log}"
fi
exit "$code"

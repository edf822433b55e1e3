# shellcheck shell=bash disable=SC2034
# What lctl_snapshot_{create,list,mount,umount,destroy}.sh and lctl_ssh_command_validator.sh share: options, settings, the lock, and how
# lctl is run. Sourced, never run. bash 4.2 or newer; nothing is ever evaluated.

set -u -f
unset -v CDPATH
IFS=$' \t\n'
umask 077
export LC_ALL=C
PATH=$HERE:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Exit codes are errnos, as those of lctl: wrong usage, and a lock that stays taken.
EINVAL=22
EAGAIN=11

FSNAME_PATTERN='^[A-Za-z0-9_][A-Za-z0-9_-]{0,7}$'
NAME_PATTERN='^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$'
SECONDS_PATTERN='^[1-9][0-9]{0,3}$'
COMMENT_LENGTH_MAX=1024

say() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
}

# --- options -------------------------------------------------------------------------------------------------------------------

# Letters of the options that an action knows; those with a value are followed by a colon.
options_of() {
    case $1 in
        create) OPTIONS='F: n: c: t: b:' ;;
        list) OPTIONS='F: n: d' ;;
        mount | umount) OPTIONS='F: n:' ;;
        destroy) OPTIONS='F: n: f' ;;
    esac
}

# Checks the arguments of an action and takes them apart. Results in FSNAME, NAME and LCTL_OPTIONS; what is wrong with them in PROBLEM.
parse_options() {
    local action=$1 option seen=' '
    shift
    FSNAME='' NAME='' PROBLEM='' LCTL_OPTIONS=()
    options_of "$action"
    while (($# > 0)) && [[ -z $PROBLEM ]]; do
        option=$1
        shift
        if [[ $seen == *" $option "* ]]; then
            PROBLEM="option $option is given twice"
        elif [[ $option == -? && " $OPTIONS " == *" ${option#-}: "* ]]; then
            check_value "$option" "${1-}"
            if [[ -z $PROBLEM ]]; then
                LCTL_OPTIONS+=("$option" "$1")
                shift
            fi
        elif [[ $option == -? && " $OPTIONS " == *" ${option#-} "* ]]; then
            LCTL_OPTIONS+=("$option")
        else
            PROBLEM="unknown option or argument; the options are: ${OPTIONS//:/ VALUE}"
        fi
        seen+="$option "
    done
    [[ -z $PROBLEM ]] || return 1
    [[ -n $NAME || $action == list ]] || PROBLEM='the name of the snapshot is missing: -n NAME'
    [[ -n $FSNAME ]] || PROBLEM='the file system is missing: -F FSNAME'
    [[ -z $PROBLEM ]]
}

check_value() {
    case $1 in
        -F) if [[ $2 =~ $FSNAME_PATTERN ]]; then FSNAME=$2; else PROBLEM='-F is followed by no name of a file system'; fi ;;
        -n) if [[ $2 =~ $NAME_PATTERN ]]; then NAME=$2; else PROBLEM='-n is followed by no name of a snapshot: letters, digits and _ . : -'; fi ;;
        -t) [[ $2 =~ $SECONDS_PATTERN ]] || PROBLEM='-t is followed by no number of seconds from 1 to 9999' ;;
        -b) [[ $2 == on || $2 == off ]] || PROBLEM='-b is followed by neither on nor off' ;;
        -c) check_comment "$2" ;;
    esac
}

# lctl hands the comment on to shells of other servers, so nothing in it may end a quotation or begin a substitution.
check_comment() {
    local forbidden=$'[\'"`$\\\\[:cntrl:]]'
    if [[ -z $1 || $1 =~ $forbidden ]]; then
        PROBLEM='-c is followed by no comment, or by one with quotes, backslashes, dollar signs or control characters'
    elif ((${#1} > COMMENT_LENGTH_MAX)); then
        PROBLEM="the comment has more than $COMMENT_LENGTH_MAX bytes"
    fi
}

# --- settings ------------------------------------------------------------------------------------------------------------------

LDEV_CONF=/etc/ldev.conf
STATE=/var/lib/lctl_snapshot
LOCK_WAIT=600

# Reads the file of `key = value` lines that LCTL_SNAPSHOT_CONF names; by default it need not be there.
read_settings() {
    local file=${LCTL_SNAPSHOT_CONF:-/etc/lctl_snapshot.conf} line key value
    local setting='^[[:space:]]*([a-z_]+)[[:space:]]*=[[:space:]]*([^[:space:]]+)[[:space:]]*$'
    [[ -e $file || -n ${LCTL_SNAPSHOT_CONF-} ]] || return 0
    [[ -f $file && -r $file ]] || fail_settings "$file cannot be read"
    while IFS= read -r line || [[ -n $line ]]; do
        case ${line#"${line%%[![:space:]]*}"} in '' | '#'*) continue ;; esac
        [[ $line =~ $setting ]] || fail_settings "$file: this is no setting: $line"
        key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        case $key:$value in
            ldev_conf:/?*) LDEV_CONF=$value ;;
            state:/?*) STATE=$value ;;
            lock_wait:*[!0-9]* | lock_wait:) fail_settings "$file: lock_wait is no number of seconds" ;;
            lock_wait:*) LOCK_WAIT=$value ;;
            *) fail_settings "$file: unknown key, or no absolute path: $line" ;;
        esac
    done <"$file"
}

fail_settings() {
    say "$1"
    exit "$EINVAL"
}

# --- running lctl --------------------------------------------------------------------------------------------------------------

CHILD=''
STOP_EXIT=''

# A signal ends the child, not this script: what was swapped in is put back when lctl has ended. A second one kills it.
on_signal() {
    local signal=TERM
    [[ -z $STOP_EXIT ]] || signal=KILL
    STOP_EXIT=$1
    [[ -z $CHILD ]] || kill -s "$signal" "$CHILD" 2>/dev/null
}

# Runs a program; its exit code in CHILD_EXIT. After a signal nothing is run any more.
run_child() {
    CHILD_EXIT=$STOP_EXIT
    [[ -z $STOP_EXIT ]] || return 0
    "$@" </dev/null &
    CHILD=$!
    # A signal before the last line found no child to end.
    [[ -z $STOP_EXIT ]] || kill -s TERM "$CHILD" 2>/dev/null
    while :; do
        wait "$CHILD"
        CHILD_EXIT=$?
        # A trapped signal ends the wait, not the child.
        kill -0 "$CHILD" 2>/dev/null || break
    done
    CHILD=''
}

# One at a time, whatever it does: lctl reads ldev.conf, which another one may have swapped. lctl inherits the lock, so that it is held as
# long as lctl runs, also when this script is killed. It lies beside ldev.conf, because that is what it protects.
take_lock() {
    local lock=$LDEV_CONF.lctl_snapshot.lock
    trap 'on_signal 129' HUP
    trap 'on_signal 130' INT
    trap 'on_signal 143' TERM
    exec 9>"$lock" || exit "$EINVAL"
    run_child flock -w "$LOCK_WAIT" 9
    [[ -z $STOP_EXIT ]] || exit "$STOP_EXIT"
    ((CHILD_EXIT == 0)) && return
    say "another lctl_snapshot command has been running for more than $LOCK_WAIT seconds"
    exit "$EAGAIN"
}

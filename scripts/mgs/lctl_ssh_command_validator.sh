#!/bin/bash -p
# Forced command of the keys with which lustrebackup reaches the MGS: runs the five lctl_snapshot_*.sh that lie beside it, and
# `/etc/init.d/lustre status MGS`, and refuses everything else.
#
#   ~/.ssh/authorized_keys:  restrict,command="/usr/local/sbin/lctl_ssh_command_validator.sh -F FSNAME" KEY
#
# -F FSNAME, which may be given several times, binds the key to these file systems; without it every one is allowed. -c FILE names the
# settings of the scripts (default /etc/lctl_snapshot.conf); the client cannot choose others.
#
# What is asked for (SSH_ORIGINAL_COMMAND) is split here, at single blanks; one word, the comment of a snapshot, may stand in single quotes.
# Every word is checked, and the program is run directly: nothing is given to a shell, nothing is evaluated. Both what is run and what is
# refused goes to syslog; a refusal ends with exit code 1.
#
# --self-test, by hand, tries some hundred attacks on a copy of this script, in a folder of its own.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/mgs/lctl_snapshot_lib.sh
. "$HERE/lctl_snapshot_lib.sh"

SELF=lctl_ssh_command_validator
COMMAND=${SSH_ORIGINAL_COMMAND-}
COMMAND_LENGTH_MAX=4096
PLAIN_WORD='^[A-Za-z0-9_./+=:,@%-]+$'
FOLDERS=' /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin '

log_to_syslog() {
    local shown
    printf -v shown '%q' "${COMMAND:0:1000}"
    logger -p "auth.$1" -t "$SELF" -- "$2 from ${SSH_CONNECTION:-an unknown address}: $shown" >/dev/null 2>&1
}

refuse() {
    printf '%s: refused: %s\n' "$SELF" "$1" >&2
    log_to_syslog error "refused ($1)"
    exit 1
}

# The arguments in authorized_keys. Results in ALLOWED and SETTINGS.
parse_arguments() {
    ALLOWED=' ' SETTINGS=''
    while (($# > 0)); do
        case $1:${2-} in
            -F:?*) [[ $2 =~ $FSNAME_PATTERN ]] || refuse 'the command= of authorized_keys has a wrong -F' ;;
            -c:/*) ;;
            *) refuse 'the command= of authorized_keys has wrong arguments; allowed are: -F FSNAME, -c FILE' ;;
        esac
        if [[ $1 == -F ]]; then ALLOWED+="$2 "; else SETTINGS=$2; fi
        shift 2
    done
}

# Takes the command apart. Result in WORDS; the number of the word that was quoted, counted from 0, in QUOTED.
split_command() {
    local rest=$COMMAND word
    WORDS=() QUOTED=''
    ((${#rest} <= COMMAND_LENGTH_MAX)) || refuse 'the command is too long'
    [[ ! $rest =~ [[:cntrl:]] ]] || refuse 'the command holds control characters'
    while :; do
        if [[ $rest == \'* ]]; then
            rest=${rest#\'}
            [[ $rest == *\'* && -z $QUOTED ]] || refuse 'only the comment may be quoted'
            word=${rest%%\'*}
            rest=${rest#*\'}
            QUOTED=${#WORDS[@]}
        else
            word=${rest%%[ \']*}
            rest=${rest#"$word"}
            [[ $word =~ $PLAIN_WORD ]] || refuse 'the command holds an empty word, or characters that are not allowed'
        fi
        WORDS+=("$word")
        [[ -n $rest ]] || return 0
        [[ $rest == ' '* ]] || refuse 'the command holds characters that are not allowed'
        rest=${rest# }
    done
}

# Runs a program in an environment that holds nothing of the client's.
run() {
    log_to_syslog info 'running'
    exec env -i PATH="$PATH" HOME="${HOME:-/root}" LANG=C LC_ALL=C ${SETTINGS:+"LCTL_SNAPSHOT_CONF=$SETTINGS"} "$@"
}

run_action() {
    local action=$1
    shift
    parse_options "$action" "$@" || refuse "$PROBLEM"
    [[ $ALLOWED == ' ' || $ALLOWED == *" $FSNAME "* ]] || refuse "this key is not for the file system $FSNAME"
    # Word 0 is the program. The value of -c, and nothing else, was quoted.
    [[ -z $QUOTED ]] || { ((QUOTED > 0)) && [[ ${WORDS[QUOTED - 1]} == -c ]]; } || refuse 'only the comment may be quoted'
    run "$HERE/lctl_snapshot_$action.sh" "$@"
}

main() {
    local program folder action
    [[ $#:${1-} != 1:--self-test ]] || exec "$HERE/${SELF}_self_test.sh"
    parse_arguments "$@"
    [[ -n $COMMAND ]] || refuse 'this key is not for logging in'
    [[ $COMMAND != '/etc/init.d/lustre status MGS' ]] || run /etc/init.d/lustre status MGS
    split_command
    program=${WORDS[0]##*/}
    folder=${WORDS[0]%"$program"}
    [[ -z $folder || $FOLDERS == *" ${folder%/} "* ]] || refuse 'programs are allowed in the usual folders only'
    case $program in
        lctl_snapshot_create.sh | lctl_snapshot_list.sh | lctl_snapshot_mount.sh | lctl_snapshot_umount.sh | lctl_snapshot_destroy.sh)
            action=${program#lctl_snapshot_}
            run_action "${action%.sh}" "${WORDS[@]:1}"
            ;;
        *) refuse 'this command is not allowed' ;;
    esac
}

main "$@"

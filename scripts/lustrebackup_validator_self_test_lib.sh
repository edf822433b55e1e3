# shellcheck shell=bash
# Attacks a forced command: what the self-tests of both forced commands share. Sourced, never run. bash 4.2 or newer.
#
# The caller sets HERE, SELF (name of the forced command, without .sh), SCRIPTS (pattern of the names that it needs) and STAND_INS (programs
# that it may run), and defines
#   prepare_site   makes in $SITE what commands are about, and sets ARGUMENTS, those that authorized_keys gives
#   list_attacks   calls attack for everything that must be refused
#   list_commands  calls allow for what must be run, with what is run then
#   report_host    says what else on this host matters
#
# The forced command is copied to $SITE/bin. Instead of the programs that it may run, stand-ins lie beside it, which only note their words.
# So nothing of this host is run or changed, whatever comes of an attack, and syslog is not filled.

set -u -f
export LC_ALL=C
ATTACKS=() COMMANDS=() EXPECTED=() ARGUMENTS=()

# In attacks and commands @SITE@ stands for the folder, @CANARY@ for a file that nobody may make.
place() {
    PLACED=${1//@CANARY@/$SITE/canary}
    PLACED=${PLACED//@SITE@/$SITE}
}

attack() {
    local each
    for each; do
        place "$each"
        ATTACKS+=("$PLACED")
    done
}

allow() {
    place "$1"
    COMMANDS+=("$PLACED")
    place "$2"
    EXPECTED+=("$PLACED")
}

# A program that notes its name, its words, and where it runs.
stand_in() {
    # shellcheck disable=SC2016  # for the shell that runs it
    printf '#!/bin/sh\n[ "$1" != --help ] || exit 0\n{ printf %%s "${0##*/}"; [ $# = 0 ] || printf " %%s" "$@"; printf "\\n"; } >>"%s/ran"\n' \
        "$SITE" >"$SITE/bin/$1"
    chmod 0755 "$SITE/bin/$1"
}

make_site() {
    local each
    SITE=$1
    mkdir -p -- "$SITE/bin" || return
    while IFS= read -r -d '' each; do cp -- "$each" "$SITE/bin/"; done < <(find "$HERE/" -maxdepth 1 -name "$SCRIPTS" -print0)
    chmod 0755 "$SITE/bin/$SELF.sh"
    for each in $STAND_INS; do stand_in "$each"; done
    # shellcheck disable=SC2016  # for the shell that runs it
    printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>"%s/logged"\n' "$SITE" >"$SITE/bin/logger"
    chmod 0755 "$SITE/bin/logger"
    prepare_site
}

# Asks as sshd does. Exit code in ASKED_EXIT; output in $SITE/stdout and $SITE/stderr.
ask() {
    rm -f -- "$SITE/ran"
    env -i PATH=/usr/bin:/bin HOME=/ SSH_CONNECTION='192.0.2.1 50000 192.0.2.2 22' SSH_ORIGINAL_COMMAND="$1" \
        "$SITE/bin/$SELF.sh" ${ARGUMENTS[@]+"${ARGUMENTS[@]}"} </dev/null >"$SITE/stdout" 2>"$SITE/stderr"
    ASKED_EXIT=$?
}

was_refused() {
    local -a said
    mapfile -t said <"$SITE/stderr"
    [[ $ASKED_EXIT == 1 && ! -s $SITE/stdout && ! -e $SITE/ran && ! -e $SITE/canary ]] || return 1
    [[ ${#said[@]} == 1 && ${said[0]} == "$SELF: refused: "* ]]
}

# $1: what must have been run.
was_run() {
    local ran=
    [[ ! -e $SITE/ran ]] || ran=$(<"$SITE/ran")
    [[ $ASKED_EXIT == 0 && ! -s $SITE/stderr && ! -e $SITE/canary && $ran == "$1" ]]
}

show() {
    printf '  %s: %q\n' "$1" "${2:0:300}"
}

try_everything() {
    local index
    for ((index = 0; index < ${#ATTACKS[@]}; index++)); do
        ask "${ATTACKS[index]}"
        was_refused && continue
        FAILED=$((FAILED + 1))
        show 'NOT REFUSED' "${ATTACKS[index]}"
        rm -f -- "$SITE/canary"
    done
    for ((index = 0; index < ${#COMMANDS[@]}; index++)); do
        ask "${COMMANDS[index]}"
        was_run "${EXPECTED[index]}" && continue
        FAILED=$((FAILED + 1))
        show 'NOT RUN AS IT SHOULD' "${COMMANDS[index]}"
    done
}

# The verdict: exit code 0 when every attack was refused and every command was run, 1 otherwise.
run_self_test() {
    FAILED=0
    SITE=$(mktemp -d) || exit 1
    trap 'rm -rf -- "$SITE"' EXIT
    chmod 0755 "$SITE"
    make_site "$SITE" || exit 1
    if ! "$SITE/bin/logger" try; then
        printf '%s: programs cannot be run in %s: name another folder in TMPDIR\n' "$SELF" "${SITE%/*}" >&2
        exit 1
    fi
    list_attacks
    list_commands
    printf '%s: self-test of %s with bash %s\n' "$SELF" "$HERE/$SELF.sh" "$BASH_VERSION"
    try_everything
    report_host
    printf '  %d attacks and %d commands of lustrebackup tried, %d failed\n' "${#ATTACKS[@]}" "${#COMMANDS[@]}" "$FAILED"
    if ((FAILED > 0)); then
        printf 'FAILED: remove the key from authorized_keys until this is understood\n'
        exit 1
    fi
    printf 'passed: every attack was refused, every command was run as it should, and nothing else\n'
}

# --list FOLDER prepares FOLDER and prints the attacks on what is in it, each with a NUL behind: for those who send them another way.
self_test_main() {
    case $#:${1-} in
        0:) run_self_test ;;
        2:--list)
            make_site "$2" || exit 1
            list_attacks
            printf '%s\0' "${ATTACKS[@]}"
            ;;
        *)
            printf 'usage: %s [--list FOLDER]\n' "${0##*/}" >&2
            exit 2
            ;;
    esac
}

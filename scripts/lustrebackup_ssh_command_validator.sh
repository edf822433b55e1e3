#!/bin/bash -p
# Forced command of the backup key on the source: runs the few commands that a lustrebackup target sends, and refuses everything else.
#
#   ~/.ssh/authorized_keys:  restrict,command="/usr/local/bin/lustrebackup_ssh_command_validator.sh -c /etc/lustrebackup.conf" KEY
#
# -c CONF chooses the configuration (default /etc/lustrebackup.conf); the client cannot choose another one. What it asks for
# (SSH_ORIGINAL_COMMAND) is checked against a small alphabet, split at single blanks, compared word by word with what is allowed, and
# run directly: it is never given to a shell and never evaluated. Paths must lie beneath snapshot_home or meta_basepath when all
# symlinks are resolved. What is run goes to syslog (auth.info), and what is refused (auth.error), with exit code 1.
#
# --self-test, by hand, tries some hundred attacks on a copy of this script, in a folder of its own.
#
# bash 4.2 or newer. -p: neither BASH_ENV nor functions from the environment are read.

set -u -f
unset -v CDPATH
IFS=$' \t\n'
export LC_ALL=C
SELF=lustrebackup_ssh_command_validator
if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(cd -P -- "${HERE:-/}" && pwd -P) || exit 1
PATH=$HERE:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# What ssh words may hold; the blanks between them are exactly one. No character of it means anything to a shell or to a glob.
WORDS='^[A-Za-z0-9_./+=:,@%-]+( [A-Za-z0-9_./+=:,@%-]+)*$'
COMMAND_LENGTH_MAX=20000
# A value of 64 bits, a unix time, bytes in a configuration file's path.
NUMBER='^[0-9]{1,19}$'
PLAIN_PATH='^/[A-Za-z0-9_./+=:,@%-]*$'

COMMAND=${SSH_ORIGINAL_COMMAND-}

# The command is quoted so that the log line stays one line.
log_to_syslog() {
    local shown
    printf -v shown '%q' "${COMMAND:0:1000}"
    logger -p "auth.$1" -t "$SELF" -- "$2 from ${SSH_CONNECTION:-an unknown address}: $3$shown" </dev/null >/dev/null 2>&1
}

# Sentence for the client and the log.
refuse() {
    printf '%s: refused: %s\n' "$SELF" "$1" >&2
    log_to_syslog error refused "$1: "
    exit 1
}

# Runs a program in an environment that holds nothing of the client's.
run() {
    log_to_syslog info running ''
    exec env -i PATH="$PATH" HOME="${HOME:-/}" LANG=C LC_ALL=C "$@"
}

# --- configuration -------------------------------------------------------------------------------------------------------------

CONF=/etc/lustrebackup.conf
SNAPSHOT_HOME=
META_BASEPATH=

parse_arguments() {
    case $#:${1-} in
        0:) ;;
        2:-c | 2:--config) CONF=$2 ;;
        1:--config=?*) CONF=${1#--config=} ;;
        1:--self-test) exec "$HERE/${SELF}_self_test.sh" ;;
        *) refuse "the command= of authorized_keys has wrong arguments; allowed is: -c CONF" ;;
    esac
    [[ $CONF =~ $PLAIN_PATH ]] || refuse "the command= of authorized_keys names a configuration file that is no plain absolute path"
}

# Value of a line's right side: without comment, blanks and quotes around it. Result in VALUE.
bare_value() {
    local quoted='^[[:space:]]*("([^"]*)"|'\''([^'\'']*)'\'')[[:space:]]*([#;].*)?$'
    local comment='^(.*[[:space:]]|)[#;].*$'
    if [[ $1 =~ $quoted ]]; then
        VALUE=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
        return
    fi
    VALUE=$1
    while [[ $VALUE =~ $comment ]]; do VALUE=${BASH_REMATCH[1]}; done
    trim "$VALUE"
}

# Without the blanks at both ends. Result in VALUE.
trim() {
    VALUE=${1#"${1%%[![:space:]]*}"}
    VALUE=${VALUE%"${VALUE##*[![:space:]]}"}
}

# Takes snapshot_home and meta_basepath from [LUSTRE]; everything else in the file is checked by the commands themselves.
read_configuration() {
    local line section='' key
    [[ -f $CONF && -r $CONF ]] || refuse "the configuration file $CONF cannot be read on the source"
    while IFS= read -r line || [[ -n $line ]]; do
        trim "${line#$'\xef\xbb\xbf'}"
        line=$VALUE
        case $line in
            '' | [\#\;]*) continue ;;
            \[*\]*) trim "${line#\[}"; trim "${VALUE%%\]*}"; section=$VALUE; continue ;;
        esac
        [[ $section == LUSTRE && $line == *=* ]] || continue
        trim "${line%%=*}"
        key=$VALUE
        bare_value "${line#*=}"
        case $key in
            snapshot_home) [[ -z $SNAPSHOT_HOME ]] || refuse "$CONF gives snapshot_home twice"; SNAPSHOT_HOME=$VALUE ;;
            meta_basepath) [[ -z $META_BASEPATH ]] || refuse "$CONF gives meta_basepath twice"; META_BASEPATH=$VALUE ;;
        esac
    done <"$CONF"
    [[ $SNAPSHOT_HOME =~ $PLAIN_PATH && $SNAPSHOT_HOME == *[!/]* ]] || refuse "$CONF: [LUSTRE] snapshot_home is no absolute path below /"
    [[ $META_BASEPATH =~ $PLAIN_PATH && $META_BASEPATH == *[!/]* ]] || refuse "$CONF: [LUSTRE] meta_basepath is no absolute path below /"
}

# --- paths ---------------------------------------------------------------------------------------------------------------------

# The path without any symlink, every byte of it, in RESOLVED; false when there is no such thing.
resolve() {
    RESOLVED=
    IFS= read -r -d '' RESOLVED < <(realpath -e -z -- "$1" 2>/dev/null) && [[ $RESOLVED == /* ]]
}

# True for a path that is written as lying beneath a folder, whatever symlinks make of it.
written_beneath() {
    local folder=$2
    while [[ $folder == */ ]]; do folder=${folder%/}; done
    [[ -n $folder && $1 == "$folder"/?* ]]
}

# Resolves a path that must lie beneath one of the two folders, not be one of them. Result in RESOLVED.
# No answer tells what exists elsewhere: the spelling is checked first, and what a link leads to is told like what is not there.
resolve_allowed() {
    local path=$1 folder base
    case $path/ in
        */../* | */./*) refuse "the path holds . or .." ;;
    esac
    for folder in "$SNAPSHOT_HOME" "$META_BASEPATH"; do
        resolve "$folder" || continue
        base=$RESOLVED
        written_beneath "$path" "$folder" || written_beneath "$path" "$base" || continue
        resolve "$path" || continue
        written_beneath "$RESOLVED" "$base" && return
        if [[ $folder == "$SNAPSHOT_HOME" ]] && beneath_linked_mount "$path" "$folder"; then return; fi
    done
    refuse "there is no such path, or it is not beneath snapshot_home or meta_basepath"
}

# Makes a folder that was resolved the working directory: from here on it is this very folder, whatever is done to its name.
enter() {
    local folder=$1
    if ! cd -P -- "$folder" 2>/dev/null || ! resolve . || [[ $RESOLVED != "$folder" ]]; then
        refuse "the path changes while it is looked at"
    fi
}

# Resolves the path of an entry that must be allowed, and enters its folder. Its name there is in NAME.
enter_folder_of() {
    resolve_allowed "$1"
    NAME=${RESOLVED##*/}
    enter "${RESOLVED%/*}"
}

# Only root can mount. For anybody else, who plays with the simulator, a snapshot is a link of their own in snapshot_home.
beneath_linked_mount() {
    local path=$1 mount=${1#"$2"/}
    mount=$2/${mount%%/*}
    ((EUID != 0)) && [[ -L $mount && -O $2 ]] && resolve "$mount" || return 1
    mount=$RESOLVED
    resolve "$path" && [[ $RESOLVED == "$mount" || $RESOLVED == "$mount"/* ]]
}

# Bytes of a percent-encoded path. Result in DECODED.
percent_decode() {
    local broken='%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)'
    [[ ! $1 =~ $broken ]] || refuse "the path has a broken percent escape"
    [[ $1 != *%00* ]] || refuse "the path holds a NUL"
    # The alphabet has no backslash, so that every one that printf sees was made here.
    printf -v DECODED '%b' "${1//%/\\x}"
}

# --- lustrebackup_source_* -----------------------------------------------------------------------------------------------------

# For each command: short and long name of an option and the kind of its value, as cli.md has them.
COMMON_OPTIONS='-h --help flag -v --verbose flag -V --version flag -c --config config'
options_of() {
    case $1 in
        lustrebackup_source_init) OPTIONS='-n --dry-run flag' ;;
        lustrebackup_source_abort) OPTIONS='' ;;
        lustrebackup_source_done | lustrebackup_source_verify_init) OPTIONS='-t --timestamp number' ;;
        lustrebackup_source_verify_list) OPTIONS='-s --start number -e --end number' ;;
        lustrebackup_source_filediff) OPTIONS='-b --blocksize number -o --offset number -e --end number -s --filesize number
            -f --filepath path -a --attributes flag -n --headersize number -d --disable-log flag' ;;
        *) return 1 ;;
    esac
    OPTIONS="$COMMON_OPTIONS $OPTIONS"
}

# Looks an option up by either name: its short name in SHORT, the kind of its value in KIND.
find_option() {
    local wanted=$1
    # shellcheck disable=SC2086  # the table is split into its words
    set -- $OPTIONS
    while (($# >= 3)); do
        SHORT=$1 KIND=$3
        [[ $wanted != "$1" && $wanted != "$2" ]] || return 0
        shift 3
    done
    return 1
}

check_value() {
    case $KIND in
        number) [[ $2 =~ $NUMBER ]] || refuse "the value of $1 is no number" ;;
        config) [[ $2 == "$CONF" ]] || refuse "the configuration file is not the one that this key is bound to ($CONF)" ;;
        path)
            percent_decode "$2"
            resolve_allowed "$DECODED"
            ;;
    esac
}

run_source_command() {
    local program=$1 option value seen=' '
    local -a arguments
    shift
    arguments=(-c "$CONF")
    while (($# > 0)); do
        option=${1%%=*}
        find_option "$option" || refuse "$program has no option $option here"
        [[ $seen != *" $SHORT "* ]] || refuse "the option $option is given twice"
        seen+="$SHORT "
        if [[ $KIND == flag ]]; then
            [[ $1 == "$option" ]] || refuse "the option $option takes no value"
            arguments+=("$SHORT")
            shift
            continue
        fi
        if [[ $1 == --*=* ]]; then
            value=${1#*=}
            shift
        elif [[ $1 == "$option" ]] && (($# >= 2)); then
            value=$2
            shift 2
        else
            refuse "the option $option needs a value"
        fi
        check_value "$option" "$value"
        [[ $KIND == config ]] || arguments+=("$SHORT" "$value")
    done
    [[ -f $HERE/$program && -x $HERE/$program ]] || refuse "$program is not installed beside $SELF on the source"
    run "$HERE/$program" "${arguments[@]}"
}

# --- rsync, scp, stat ----------------------------------------------------------------------------------------------------------

# True when two strings hold the same letters, each once.
same_letters() {
    local letters=$1 wanted=$2 index
    ((${#letters} == ${#wanted})) || return 1
    for ((index = 0; index < ${#wanted}; index++)); do
        [[ $letters == *"${wanted:index:1}"* ]] || return 1
    done
}

# The shapes that the target sends: file data (of small files whole, without a look at holes), attributes only, and the plain files of a
# backupmap. None of them writes.
rsync_shape_allowed() {
    local letters=$1 options=$2
    case $options in
        ' --files-from=- --from0 --inplace --no-implied-dirs --numeric-ids')
            same_letters "$letters" lHogDtpAXIRS || same_letters "$letters" lWHogDtpAXIR
            ;;
        ' --files-from=- --from0 --no-implied-dirs --numeric-ids') same_letters "$letters" ldHogDtpAXRS ;;
        ' --files-from=- --from0 --no-implied-dirs' | ' --files-from=- --from0') same_letters "$letters" tR ;;
        *) return 1 ;;
    esac
}

# Name of the snapshot that is being backed up, as lustrebackup_source_init has recorded it. Result in SNAPSHOT.
read_backup_in_progress() {
    local line record=$META_BASEPATH/inprogress_backup
    local pattern='^ *"snapshotName": "([A-Za-z0-9][A-Za-z0-9_.:-]*)",?$'
    SNAPSHOT=
    [[ -f $record && -r $record ]] || return 1
    while IFS= read -r line; do
        [[ ! $line =~ $pattern ]] || SNAPSHOT=${BASH_REMATCH[1]}
    done <"$record"
    [[ -n $SNAPSHOT ]]
}

# Files come from the mount of the snapshot that is being backed up; plain files from maps, and from verifications.
rsync_folder_allowed() {
    local path=$1 letters=$2 home=$3 meta=$4
    if [[ $letters == tR ]]; then
        written_beneath "$path" "$meta/backupmap" || written_beneath "$path" "$meta/verify"
        return
    fi
    read_backup_in_progress || refuse "no backup is in progress on the source"
    [[ $path/ == "$home/$SNAPSHOT.backup"/* ]]
}

# The folder that rsync is to read. The way there may hold a link of ours, so that it is judged as written and as resolved.
enter_rsync_folder() {
    local path=$1 letters=$2 home meta
    resolve "$SNAPSHOT_HOME" || refuse "snapshot_home is not there"
    home=$RESOLVED
    resolve "$META_BASEPATH" || refuse "meta_basepath is not there"
    meta=$RESOLVED
    resolve_allowed "$path"
    rsync_folder_allowed "$RESOLVED" "$letters" "$home" "$meta" ||
        { ((EUID != 0)) && rsync_folder_allowed "$path" "$letters" "$SNAPSHOT_HOME" "$META_BASEPATH"; } ||
        refuse "rsync is allowed in the snapshot that is being backed up and in backupmaps only"
    [[ -d $RESOLVED ]] || refuse "the path is no folder"
    enter "$RESOLVED"
}

run_rsync() {
    local word letters='' options='' seen=' '
    # What follows `e.` tells what the client's rsync can do, and differs between versions.
    local bundle='^-([A-Za-z]+)e\.[A-Za-z]*$'
    local -a confine
    if (($# < 6)) || [[ $1 != --server || $2 != --sender || ${*: -2:1} != . ]]; then
        refuse "only rsync --server --sender is allowed, with the options and the one path that lustrebackup sends"
    fi
    for word in "${@:3:$#-4}"; do
        [[ $seen != *" $word "* ]] || refuse "the rsync option $word is given twice"
        seen+="$word "
        case $word in
            --files-from=- | --from0 | --inplace | --no-implied-dirs | --numeric-ids) ;;
            *)
                [[ -z $letters && $word =~ $bundle ]] || refuse "the rsync option $word is not allowed"
                letters=${BASH_REMATCH[1]}
                ;;
        esac
    done
    for word in --files-from=- --from0 --inplace --no-implied-dirs --numeric-ids; do
        [[ $seen != *" $word "* ]] || options+=" $word"
    done
    rsync_shape_allowed "$letters" "$options" || refuse "lustrebackup never sends this combination of rsync options"
    # The letters of a map have no order: by now they are those of one of the shapes.
    if ((${#letters} == 2)); then letters=tR; fi
    enter_rsync_folder "${*: -1}" "$letters"
    # The list of files comes over the protocol, and a name in it can lead through a user's symlink to anywhere. From 3.5.0 on rsync can
    # be told to stay inside; an older one cannot.
    confine=()
    if grep -q -e --confine-root < <(env -i PATH="$PATH" LC_ALL=C rsync --help 2>/dev/null); then confine=("--confine-root=$RESOLVED"); fi
    run rsync --server --sender ${confine[@]+"${confine[@]}"} "${@:3:$#-4}" . ./
}

# scp opens the file by its name, so nobody else may be able to put something in its place: the folder is ours, or a snapshot.
is_ours_or_read_only() {
    local options
    [[ ! -O . || -n $(find . -maxdepth 0 -perm /022 2>&1) ]] || return 0
    IFS= read -r options < <(findmnt -n -r -o VFS-OPTIONS,FS-OPTIONS -T . 2>/dev/null)
    [[ ,${options// /,}, == *,ro,* ]]
}

run_scp() {
    [[ $#:${1-} == 2:-f ]] || refuse "only scp -f with one path is allowed"
    enter_folder_of "$2"
    [[ -f ./$NAME && ! -L ./$NAME ]] || refuse "only a regular file can be copied"
    is_ours_or_read_only || refuse "others may change the folder of this file"
    run scp -f "./$NAME"
}

# stat follows no symlink: what is in the folder is looked at, whatever it is by now.
run_stat() {
    (($# == 1)) || refuse "only stat with one path is allowed"
    enter_folder_of "$1"
    run stat -- "./$NAME"
}

# --- the command ---------------------------------------------------------------------------------------------------------------

main() {
    local rest program
    local -a words
    parse_arguments "$@"
    [[ -n $COMMAND ]] || refuse "no command: this key is for lustrebackup only"
    ((${#COMMAND} <= COMMAND_LENGTH_MAX)) || refuse "the command is longer than $COMMAND_LENGTH_MAX bytes"
    [[ $COMMAND =~ $WORDS ]] || refuse "the command holds a character that lustrebackup never sends"
    words=()
    rest=$COMMAND
    while [[ $rest == *' '* ]]; do
        words+=("${rest%% *}")
        rest=${rest#* }
    done
    words+=("$rest")
    program=${words[0]}
    case $program in
        /usr/local/bin/*) program=${program#/usr/local/bin/} ;;
        /usr/bin/*) program=${program#/usr/bin/} ;;
        /bin/*) program=${program#/bin/} ;;
    esac
    read_configuration
    set -- "${words[@]:1}"
    case $program in
        rsync) run_rsync "$@" ;;
        scp) run_scp "$@" ;;
        stat) run_stat "$@" ;;
        *)
            options_of "$program" || refuse "$program is not a command that this key may run"
            run_source_command "$program" "$@"
            ;;
    esac
}

main "$@"

#!/bin/bash -p
# Attacks lctl_ssh_command_validator.sh as it is installed, and says whether it holds: lctl_ssh_command_validator.sh --self-test
# Works on a copy in a temporary folder, with stand-ins for the scripts that the key may run: no snapshot is touched.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/lustrebackup_validator_self_test_lib.sh
. "$HERE/lustrebackup_validator_self_test_lib.sh"

SELF=lctl_ssh_command_validator
SCRIPTS='lctl_*.sh'
STAND_INS='lctl lctl_snapshot_create.sh lctl_snapshot_list.sh lctl_snapshot_mount.sh lctl_snapshot_umount.sh lctl_snapshot_destroy.sh'

prepare_site() {
    ARGUMENTS=(-F src -c "$SITE/lctl_snapshot.conf")
}

list_commands() {
    allow 'lctl_snapshot_list.sh -F src' 'lctl_snapshot_list.sh -F src'
    allow '/usr/local/sbin/lctl_snapshot_list.sh -F src -n s1 -d' 'lctl_snapshot_list.sh -F src -n s1 -d'
    allow "lctl_snapshot_create.sh -F src -n s1 -c 'a, (b; c) && d | e > f * 50 % é' -t 60 -b off" \
        'lctl_snapshot_create.sh -F src -n s1 -c a, (b; c) && d | e > f * 50 % é -t 60 -b off'
    allow 'lctl_snapshot_mount.sh -F src -n s1' 'lctl_snapshot_mount.sh -F src -n s1'
    allow '/bin/lctl_snapshot_umount.sh -F src -n s1' 'lctl_snapshot_umount.sh -F src -n s1'
    allow 'lctl_snapshot_destroy.sh -F src -n s1 -f' 'lctl_snapshot_destroy.sh -F src -n s1 -f'
}

report_host() {
    :
}

list_attacks() {
    attack_with_shell_syntax
    attack_with_comments
    attack_with_programs
    attack_with_options
    attack_with_size
}

attack_with_shell_syntax() {
    local each
    # shellcheck disable=SC2016,SC1003  # nothing here is to be expanded, a backslash is one
    for each in ';touch @CANARY@' '; touch @CANARY@' '&touch @CANARY@' ' && touch @CANARY@' ' || touch @CANARY@' '|touch @CANARY@' ' $(touch @CANARY@)' \
        ' `touch @CANARY@`' ' <(touch @CANARY@)' ' > @CANARY@' ' >> @CANARY@' ' 2>@CANARY@' ' ${x:=$(touch @CANARY@)}' ' {touch,@CANARY@}' ' $PATH' ' $IFS' ' *' \
        ' ?' ' [a-z]*' ' ~' ' ~root' ' !!' ' #' ' \' ' \x' ' "x"' " \$'\\x41'" " 'x" ' "x' ' ""' " ''" ' (touch @CANARY@)' ' { touch @CANARY@; }' $'\ntouch @CANARY@' \
        $'\rtouch' $'\ttouch' $'\x01' $'\e[2J' $'\x7f' $'\xff' $'\xc2\xa0x' $'\xe2\x80\xa8x' $'\xef\xbc\x9bid' ' ' '  -d' $'\n'; do
        attack "lctl_snapshot_list.sh -F src$each" "lctl_snapshot_destroy.sh -F src -n s1$each" "/etc/init.d/lustre status MGS$each"
    done
    # shellcheck disable=SC2016
    attack '' '$(touch @CANARY@)' '`touch @CANARY@`' '() { :; }; touch @CANARY@' 'eval touch @CANARY@' '. @CANARY@' ' lctl_snapshot_list.sh -F src' \
        $'\nlctl_snapshot_list.sh -F src' 'x=y lctl_snapshot_list.sh -F src' 'LCTL_SNAPSHOT_CONF=/tmp/x lctl_snapshot_list.sh -F src' "'lctl_snapshot_list.sh' -F src" \
        "lctl_snapshot_list.sh '-F' src" "lctl_snapshot_list.sh -F 'src'" "lctl_snapshot_list.sh -F sr'c'" "lctl_snapshot_mount.sh -F src -n 's1'"
}

# The comment is the one word that may be quoted: lctl hands it on to shells of other servers.
attack_with_comments() {
    local create='lctl_snapshot_create.sh -F src -n s1' each
    # shellcheck disable=SC2016,SC1003
    for each in '$(touch @CANARY@)' '`touch @CANARY@`' '${x}' 'a"b' 'a\b' 'a\\' $'a\nb' $'a\tb' $'a\x01b' $'a\x7fb' $'\e]0;x\a' '' '$x' '"; touch @CANARY@; "'; do
        attack "$create -c '$each'" "$create -c '$each' -t 1"
    done
    attack "$create -c 'a' -c 'b'" "$create -c 'a'b" "$create -c a'b'" "$create -c 'a''b'" "$create -c 'it" "$create -c it's" "$create -c 'a'; touch @CANARY@" \
        "$create -c 'a' ; touch @CANARY@" "$create -c 'a'touch @CANARY@" "$create -c 'a'\\''b'" "$create -c \$'a'" "$create -c \"a\"" "$create -c ''" "$create '-c' a" \
        "$create -t '60'" "$create -c 'a' 'b'" "$create 'a' -c b" "$create -c"
}

attack_with_programs() {
    attack id sh bash 'sh -c id' 'bash -i' 'env lctl_snapshot_list.sh -F src' 'sudo lctl_snapshot_list.sh -F src' lctl 'lctl snapshot_list -F src' \
        'lctl snapshot_destroy -F src -n s1' '/usr/sbin/lctl list_nids' 'lctl_snapshot_modify.sh -F src -n s1' lctl_snapshot_lib.sh lctl_snapshot_ldev.sh \
        'lctl_snapshot_run.sh -F src' lctl_ssh_command_validator.sh 'lctl_ssh_command_validator.sh --self-test' --self-test 'lctl_snapshot_list -F src' \
        'lctl_snapshot_list.sh.bak -F src' 'LCTL_SNAPSHOT_LIST.SH -F src' 'lctl_snapshot_*.sh -F src' '/tmp/lctl_snapshot_list.sh -F src' './lctl_snapshot_list.sh -F src' \
        '../lctl_snapshot_list.sh -F src' '@SITE@/bin/lctl_snapshot_list.sh -F src' '/usr/local/sbin//lctl_snapshot_list.sh -F src' \
        '//usr/sbin/lctl_snapshot_list.sh -F src' '/usr/sbin/../../tmp/lctl_snapshot_list.sh -F src' '/usr/sbin/./lctl_snapshot_list.sh -F src' / . .. \
        '/etc/init.d/lustre' '/etc/init.d/lustre status' '/etc/init.d/lustre stop MGS' '/etc/init.d/lustre start' '/etc/init.d/lustre status MGS MDT0000' \
        '/etc/init.d/lustre  status MGS' '/etc/init.d/../init.d/lustre status MGS' 'service lustre status MGS' 'touch @CANARY@' 'cat /etc/ldev.conf' 'rsync --server .' \
        'scp -t /etc/ldev.conf' '/usr/lib/openssh/sftp-server' reboot 'mount -t lustre x /mnt' 'zfs destroy -r mgs'
}

attack_with_options() {
    local list=lctl_snapshot_list.sh mount='lctl_snapshot_mount.sh -F src' create='lctl_snapshot_create.sh -F src -n s1'
    attack "$list" "$list -F" "$list -F src extra" "$list -F dst" "$list -F sr" "$list -F src2" "$list -F SRC" "$list -F src -F src" "$list -F src -F dst" "$list -Fsrc" \
        "$list --fsname=src" "$list -F=src" "$list -F a/b" "$list -F ../x" "$list -F -n" "$list -F src -n" "$list -F src -d -d" "$list -F src -dd" "$list -F src --detail" \
        "$list -F src -r ssh" "$list -F src -c x" "$list -F src -f" "$list -F src --" "$list -F src -" "$list -F src -h" "$list -F src --help" "$list -F abcdefghi" \
        "$mount" "$mount -n" "$mount -n ../s1" "$mount -n a/b" "$mount -n .s1" "$mount -n -f" "$mount -n s1 -n s2" "$mount -n s1 -f" "$mount -n s1 -r sh" "$mount -n s1 s2" \
        "$mount -n s1 --rsh=sh" "$mount -n s1,s2" "$mount -n s1@x" "$mount -n s1=x" "$mount -n é" \
        "$create -t" "$create -t 0" "$create -t -1" "$create -t 10000" "$create -t 1e3" "$create -t 0x10" "$create -t 060" "$create -b" "$create -b yes" "$create -b ON" \
        "$create -b on -b off" "$create -f" "$create -r sh" "$create --comment=x" "lctl_snapshot_destroy.sh -F src" "lctl_snapshot_destroy.sh -F src -f" \
        "lctl_snapshot_destroy.sh -F src -n s1 -ff" "lctl_snapshot_umount.sh -F src -n s1 -f"
}

attack_with_size() {
    local long
    printf -v long '%*s' 5000 ''
    attack "lctl_snapshot_mount.sh -F src -n ${long// /x}" "lctl_snapshot_create.sh -F src -n s1 -c '${long:0:1025}'" "lctl_snapshot_create.sh -F src -n s1 -c '$long'" \
        "lctl_snapshot_list.sh$long" "lctl_snapshot_list.sh -F src${long// / -d}" "${long// /x}" "lctl_snapshot_mount.sh -F src -n ${long:0:129}"
}

self_test_main "$@"

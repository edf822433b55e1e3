#!/bin/bash -p
# Attacks lustrebackup_ssh_command_validator.sh as it is installed, and says whether it holds: lustrebackup_ssh_command_validator.sh --self-test
# Works on a copy in a temporary folder, with stand-ins for everything that a target may run.

if [[ ${BASH_SOURCE[0]} == */* ]]; then HERE=${BASH_SOURCE[0]%/*}; else HERE=.; fi
HERE=$(CDPATH='' cd -P -- "${HERE:-/}" && pwd -P) || exit 1
# shellcheck source=scripts/lustrebackup_validator_self_test_lib.sh
. "$HERE/lustrebackup_validator_self_test_lib.sh"

SELF=lustrebackup_ssh_command_validator
SCRIPTS=$SELF.sh
STAND_INS='rsync scp stat lustrebackup_source_init lustrebackup_source_abort lustrebackup_source_done lustrebackup_source_verify_init
    lustrebackup_source_verify_list lustrebackup_source_filediff lustrebackup_source_map lustrebackup_target'

# A snapshot with what users can make in it, and state with links that somebody planted.
prepare_site() {
    local mount=$SITE/snap/src-backup-1700000000.backup
    mkdir -p "$mount/data" "$SITE/snap/src-backup-1600000000.backup/data" "$SITE/snap-other" "$SITE/outside" \
        "$SITE/meta/backupmap/1700000000" "$SITE/meta/backup" "$SITE/meta/open"
    printf '[LUSTRE]\nsnapshot_home = %s/snap\nmeta_basepath = %s/meta\n' "$SITE" "$SITE" >"$SITE/conf"
    printf '{\n  "snapshotName": "src-backup-1700000000"\n}\n' >"$SITE/meta/backup/1700000000.json"
    ln -sfn backup/1700000000.json "$SITE/meta/inprogress_backup"
    for each in "$mount/data/big" "$SITE/meta/backupmap/1700000000/header.json" "$SITE/meta/open/file" "$SITE/outside/secret" "$SITE/snap-other/secret"; do
        printf 'secret\n' >"$each"
    done
    chmod 0777 "$SITE/meta/open"
    ln -sfn / "$mount/data/up"
    ln -sfn ../../../outside "$mount/data/out"
    ln -sfn "$SITE/outside/secret" "$mount/data/link"
    ln -sfn "$SITE/outside" "$SITE/snap/elsewhere"
    ln -sfn "$SITE/outside" "$SITE/meta/backupmap/out"
    ln -sfn "$SITE/outside/secret" "$SITE/meta/link"
    mkfifo "$mount/data/fifo" 2>/dev/null
    ARGUMENTS=(-c "$SITE/conf")
}

MOUNT='@SITE@/snap/src-backup-1700000000.backup'
MAP='@SITE@/meta/backupmap/1700000000'
DATA='-lHogDtpAXIRSe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
SMALL_FILES='-lWHogDtpAXIRe.LsfxCIvu --numeric-ids --inplace --files-from=- --from0 --no-implied-dirs'
ATTRIBUTES='-ldHogDtpAXRSe.LsfxCIvu --numeric-ids --files-from=- --from0 --no-implied-dirs'
LIST='-tRe.LsfxCIvu --files-from=- --from0'

list_commands() {
    allow 'lustrebackup_source_init' 'lustrebackup_source_init -c @SITE@/conf'
    allow '/usr/local/bin/lustrebackup_source_init -c @SITE@/conf' 'lustrebackup_source_init -c @SITE@/conf'
    allow 'lustrebackup_source_init -c @SITE@/conf --dry-run' 'lustrebackup_source_init -c @SITE@/conf -n'
    allow 'lustrebackup_source_done -c @SITE@/conf -t 1700000000' 'lustrebackup_source_done -c @SITE@/conf -t 1700000000'
    allow 'lustrebackup_source_abort --verbose' 'lustrebackup_source_abort -c @SITE@/conf -v'
    allow 'lustrebackup_source_verify_init --timestamp=1700000000' 'lustrebackup_source_verify_init -c @SITE@/conf -t 1700000000'
    allow 'lustrebackup_source_verify_list -s 1 --end 2' 'lustrebackup_source_verify_list -c @SITE@/conf -s 1 -e 2'
    allow "lustrebackup_source_filediff -a -f $MOUNT/data/%62ig" "lustrebackup_source_filediff -c @SITE@/conf -a -f $MOUNT/data/%62ig"
    allow "rsync --server --sender $DATA . $MOUNT/" "rsync --server --sender $DATA . ./"
    allow "rsync --server --sender $SMALL_FILES . $MOUNT/" "rsync --server --sender $SMALL_FILES . ./"
    allow "/usr/bin/rsync --server --sender $ATTRIBUTES . $MOUNT/data/" "rsync --server --sender $ATTRIBUTES . ./"
    allow "rsync --server --sender $LIST . $MAP/" "rsync --server --sender $LIST . ./"
    allow "scp -f $MAP/header.json" 'scp -f ./header.json'
    allow "stat $MOUNT/data/big" 'stat -- ./big'
}

report_host() {
    if grep -q -e --confine-root < <(rsync --help 2>/dev/null); then
        printf '  rsync of this host can be confined to the snapshot\n'
    else
        printf '  WARNING: rsync of this host cannot be confined to the snapshot, a list of files can lead out of it through a link: use 3.5.0 or newer\n'
    fi
}

list_attacks() {
    attack_with_shell_syntax
    attack_with_bytes
    attack_with_programs
    attack_with_options
    attack_with_paths
    attack_with_rsync
    attack_with_scp_and_stat
    attack_with_size
}

attack_with_shell_syntax() {
    local each
    # shellcheck disable=SC2016,SC1003  # nothing here is to be expanded, a backslash is one
    for each in ';touch @CANARY@' '; touch @CANARY@' '&touch @CANARY@' ' && touch @CANARY@' ' || touch @CANARY@' '|touch @CANARY@' '|& touch @CANARY@' \
        ' $(touch @CANARY@)' ' `touch @CANARY@`' ' <(touch @CANARY@)' ' >(touch @CANARY@)' ' > @CANARY@' ' >> @CANARY@' ' 2>@CANARY@' ' &> @CANARY@' \
        ' >| @CANARY@' ' <> @CANARY@' ' ${x:=$(touch @CANARY@)}' ' $((a[$(touch @CANARY@)]))' ' a[$(touch${IFS}@CANARY@)]' ' {touch,@CANARY@}' \
        ' $PATH' ' ${PATH}' ' $0' ' $@' ' $IFS' ' *' ' ?' ' [a-z]*' ' ~' ' ~root' ' ~+' ' !!' ' !-1' ' #' ' x#y' ' \' ' \x' ' a\ b' \
        " 'x'" ' "x"' " \$'\\x41'" " 'x" ' "x' ' ""' " ''" ' (touch @CANARY@)' ' ((1))' ' [[ x ]]' ' { touch @CANARY@; }' ' ^x^y' ' x=y;z'; do
        attack "lustrebackup_source_init$each" "stat$each"
    done
    # shellcheck disable=SC2016
    attack '$(touch @CANARY@)' '`touch @CANARY@`' ';touch @CANARY@' '() { :; }; touch @CANARY@' 'x() { touch @CANARY@; }; x' '{ touch @CANARY@; }' \
        '. @CANARY@' 'eval touch @CANARY@' 'exec touch @CANARY@' 'IFS=/ lustrebackup_source_init' 'lustrebackup_source_init <<< x' \
        'lustrebackup_source_init <<x' 'time lustrebackup_source_init' '! lustrebackup_source_init' 'lustrebackup_source_init &' \
        'if true; then touch @CANARY@; fi' 'coproc touch @CANARY@' 'trap x 0' 'alias stat=touch' 'function stat { touch @CANARY@; }'
}

# What separates words, ends lines or looks like something else.
attack_with_bytes() {
    local each
    for each in $'\n' $'\r' $'\t' $'\v' $'\f' $'\b' $'\a' $'\e' $'\x01' $'\x1f' $'\x7f' $'\x80' $'\xa0' $'\xff' $'\xc2\xa0' $'\xe2\x80\xa8' $'\xe2\x80\x83' \
        $'\xe2\x80\x8b' $'\xe2\x80\xae' $'\xef\xbb\xbf' $'\xef\xbc\x9b' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xc3\xa9' $'e\xcc\x81' '  '; do
        attack "lustrebackup_source_init${each}touch${each}@CANARY@" "stat$each$MOUNT/data/big" "${each}lustrebackup_source_init"
    done
    attack $'lustrebackup_source_init\ntouch @CANARY@' $'lustrebackup_source_init\n' $'\nlustrebackup_source_init' 'lustrebackup_source_init ' ' lustrebackup_source_init' \
        $'\xef\xbd\x93tat /' $'lustrebackup_source_\xd1\x96nit' $'stat \xe2\x88\x95etc\xe2\x88\x95passwd' $'\e]0;x\a' $'\e[2Jlustrebackup_source_init' ''
}

attack_with_programs() {
    attack id sh bash '/bin/sh' 'sh -c id' 'bash -i' 'env lustrebackup_source_init' '/usr/bin/env rsync' 'sudo rsync' 'busybox sh' 'python3' 'perl' 'ssh localhost' \
        'touch @CANARY@' 'cp /etc/passwd @CANARY@' 'cat /etc/passwd' 'dd of=@CANARY@' 'tee @CANARY@' 'sftp' 'internal-sftp' '/usr/lib/openssh/sftp-server' \
        'git-upload-pack x' 'svnserve -t' 'scp' 'rsync' 'exit' 'logout' 'lustrebackup_source_map' 'lustrebackup_source_verify' 'lustrebackup_target' \
        'lustrebackup_snapshot_destroy -n x' 'lustrebackup.sh lustrebackup_source_init' 'lustrebackup_ssh_command_validator.sh' \
        'lustrebackup_ssh_command_validator.sh --self-test' '--self-test' '-c' '--help' 'LUSTREBACKUP_SOURCE_INIT' 'lustrebackup_source_ini' 'lustrebackup_source_init2' \
        'lustrebackup_source_*' 'lustrebackup_source_' './lustrebackup_source_init' '../bin/lustrebackup_source_init' '/tmp/lustrebackup_source_init' \
        '@SITE@/bin/lustrebackup_source_init' '/usr/bin/../../tmp/rsync' '/usr/bin/../bin/rsync' '//usr/bin/rsync' '/usr/bin//rsync' '/usr/bin/./rsync' '/sbin/rsync' \
        '/usr/sbin/rsync' '/usr/local/sbin/rsync' '/usr/local/bin/' '/usr/bin/' '/' '.' '..' 'PATH=/tmp rsync' 'LD_PRELOAD=/tmp/x.so lustrebackup_source_init' \
        'NODE_OPTIONS=--require=/tmp/x lustrebackup_source_init' 'BASH_ENV=/tmp/x lustrebackup_source_init' 'rsync.real' 'rsync-ssl' 'stat.real' 'nodejs -e 1' 'node -e 1'
}

attack_with_options() {
    local init=lustrebackup_source_init done=lustrebackup_source_done file=lustrebackup_source_filediff
    attack "$init x" "$init --" "$init -- x" "$init -" "$init --full" "$init --json" "$init -n -n" "$init -n --dry-run" "$init --dry" "$init --dry-run=1" "$init -n 1" "$init -t 1" "$init -vv" "$init -vV" "$init -v -v" "$init -v --verbose" \
        "$init --verb" "$init --ver" "$init --verbose=1" "$init -v=1" "$init --VERBOSE" "$init -c" "$init --config" "$init --config=" "$init -c /etc/passwd" \
        "$init -c/etc/passwd" "$init --config=/etc/passwd" "$init --conf=@SITE@/conf" "$init --c @SITE@/conf" "$init -c @SITE@/../conf" "$init -c @SITE@//conf" \
        "$init -c @SITE@/conf -c /etc/passwd" "$init -c @SITE@/conf --config=@SITE@/conf" "$init -c=@SITE@/conf" "$init -c@SITE@/conf" "$init --no-progress" \
        "$init --require=/tmp/x" "$init --eval=x" "$init --inspect" "$init @x" "$init +x" "$init %" \
        "$done -t" "$done -t -1" "$done -t +1" "$done -t 0x10" "$done -t 1e9" "$done -t 1.5" "$done -t 1,2" "$done -t 12345678901234567890" "$done -t=1" "$done -t1" \
        "$done --timestamp" "$done --timestamp=" "$done --timestamp=-1" "$done --time=1" "$done --t=1" "$done -t 1 -t 2" "$done -t 1 --timestamp=1" "$done -t 1 x" \
        "$done 1700000000" "$done -t @SITE@" "$done --owed=x" "$file -f" "$file -f -a" "$file -b x -f $MOUNT/data/big" "$file -o -1 -f $MOUNT/data/big" \
        "$file --file=$MOUNT/data/big" "$file --filepath" "$file --filepath=" "$file -f$MOUNT/data/big" "$file -f=$MOUNT/data/big" "$file -ad -f $MOUNT/data/big" \
        "$file -r x -f $MOUNT/data/big" "$file -f $MOUNT/data/big -f /etc/passwd" "$file -a=1 -f $MOUNT/data/big" "$file --attributes=x -f $MOUNT/data/big" \
        "lustrebackup_source_abort -f" "lustrebackup_source_abort -t 1" "lustrebackup_source_verify_init -s 1" "lustrebackup_source_verify_list -t 1" \
        "lustrebackup_source_verify_list --start=x"
}

attack_with_paths() {
    local path encoded
    for path in /etc/passwd /etc/shadow / // /. /.. . .. '' ./ ../ etc/passwd @SITE@ @SITE@/ @SITE@/snap @SITE@/snap/ @SITE@/snap// @SITE@/meta @SITE@/meta/ \
        @SITE@/snap/. @SITE@/snap/.. @SITE@/meta/../outside/secret $MOUNT/../../outside/secret $MOUNT/./data $MOUNT/data/.. $MOUNT/data/../.. $MOUNT/... \
        $MOUNT/data/up $MOUNT/data/up/ $MOUNT/data/up/etc/passwd $MOUNT/data/up/root/.ssh/authorized_keys $MOUNT/data/out $MOUNT/data/out/secret $MOUNT/data/link \
        $MOUNT/data/up/no/such/file @SITE@/snap/elsewhere @SITE@/snap/elsewhere/secret @SITE@/meta/link @SITE@/meta/backupmap/out/secret @SITE@/snap-other/secret \
        @SITE@/snap/../snap-other/secret @SITE@/outside/secret @SITE@/conf @SITE@/bin /proc/self/environ /proc/self/root/etc/passwd /proc/self/cwd /dev/stdin /dev/fd/0 \
        /dev/tcp/127.0.0.1/22 $MOUNT/data/up/proc/self/environ $MOUNT/data/nothing $MOUNT/data/big/ $MOUNT/data/big/x -f --help -L -; do
        attack "stat $path" "scp -f $path" "lustrebackup_source_filediff -f $path"
    done
    for encoded in %2Fetc%2Fpasswd "$MOUNT/%2e%2e/%2e%2e/outside/secret" "$MOUNT%2F..%2F..%2Foutside%2Fsecret" "$MOUNT/data/%6cink" "$MOUNT/data/u%70/etc/passwd" \
        "$MOUNT/data/big%00" "$MOUNT/data/big%00.txt" "$MOUNT/data/big%" "$MOUNT/data/big%4" "$MOUNT/data/big%zz" "$MOUNT/data/big%0A" "$MOUNT/data/big%0" \
        "$MOUNT/%252e%252e/outside/secret" "$MOUNT/%c0%ae%c0%ae/outside/secret" "$MOUNT/data/%24%28touch%20@CANARY@%29" "$MOUNT/data/%60touch%20@CANARY@%60" \
        "$MOUNT/data/big%3Btouch%20@CANARY@" %2d%2dhelp %5c "$MOUNT/data/%5cx41" "$MOUNT/data/%25s%25n" "$MOUNT/data/%2F%2F..%2F..%2F..%2Foutside/secret"; do
        attack "lustrebackup_source_filediff -f $encoded" "lustrebackup_source_filediff --filepath=$encoded"
    done
}

attack_with_rsync() {
    local start='rsync --server --sender' each
    for each in --daemon --daemon\ --config=/tmp/x -s --secluded-args --protect-args --old-args --remove-source-files --remove-sent-files --log-file=@CANARY@ --log-file-format=x \
        --write-batch=@CANARY@ --read-batch=/etc/passwd --only-write-batch=@CANARY@ -L --copy-links --copy-unsafe-links -k --copy-dirlinks -K --keep-dirlinks --copy-devices \
        --write-devices --insecure-links --confine-root=/ --trust-sender --files-from=/etc/shadow --files-from=@SITE@/outside/secret --files-from=- --exclude-from=/etc/shadow \
        --include-from=/etc/shadow --filter=merge_/etc/shadow -F -f -C --temp-dir=/tmp -T --backup-dir=/tmp --partial-dir=/tmp --link-dest=/ --compare-dest=/ --copy-dest=/ \
        --password-file=/etc/shadow --config=/tmp/x --dparam=x --sockopts=x --iconv=x --usermap=x --groupmap=x --chown=root --copy-as=root --super --fake-super -r --recursive \
        -a -v -vvv -n -z -u -W -c -0 --from --from0=x --from=0 --files=- --numeric --numeric-id --in --inplace=x --no-implied --no-implied-dirs=x --sender --server --rsh=/tmp/x \
        -e -e\ /tmp/x -e/tmp/x -rsh --rsync-path=/tmp/x -M--log-file=@CANARY@ --info=all9 --debug=all9 --msgs2stderr --outbuf=N --stop-after=1 --timeout=1 --bwlimit=1 \
        --max-alloc=0 --checksum-choice=x --compress --delete --append --munge-links --no-D --drop-D --early-input=/etc/shadow --address=x --port=1 --open-noatime \
        -- . .. @x /etc; do
        attack "$start $DATA $each . $MOUNT/" "$start $LIST $each . $MAP/"
    done
    attack rsync 'rsync --server' "$start" "$start ." "$start . $MOUNT/" "$start $DATA" "$start $DATA $MOUNT/" "$start $DATA . " "$start $DATA . $MOUNT/ $MOUNT/" \
        "$start $DATA $MOUNT/ ." "$start $DATA . /etc/" "$start $DATA . $MOUNT/data/up/" "$start $DATA . $MOUNT/data/out/" "$start $DATA . @SITE@/snap/" \
        "$start $DATA . @SITE@/snap/src-backup-1600000000.backup/" "$start $DATA . @SITE@/meta/" "$start $DATA . $MAP/" "$start $LIST . $MOUNT/" "$start $LIST . @SITE@/meta/backup/" \
        "$start $LIST . @SITE@/meta/backupmap/" "$start $LIST . @SITE@/meta/backupmap/out/" "$start $LIST . $MAP/header.json" "$start $DATA . ${MOUNT}x/" "$start $DATA . -e" \
        "rsync --server $DATA . $MOUNT/" "rsync --server $LIST . $MAP/" "rsync --sender --server $DATA . $MOUNT/" "rsync --sender $DATA . $MOUNT/" "rsync $DATA . $MOUNT/" \
        "rsync -e touch x @CANARY@" "rsync --server --daemon . $MOUNT/" "rsync $MOUNT/data/big @CANARY@" 'rsync --version' 'rsync --help' 'rsync --daemon --no-detach' \
        "$start ${DATA/--files-from=- /} . $MOUNT/" "$start ${DATA/--from0 /} . $MOUNT/" "$start ${DATA/-l/-lL} . $MOUNT/" "$start ${DATA/-l/-ll} . $MOUNT/" \
        "$start ${DATA/-l/-lW} . $MOUNT/" "$start ${SMALL_FILES/-lW/-lWL} . $MOUNT/" "$start ${SMALL_FILES/-lW/-l} . $MOUNT/" "$start ${ATTRIBUTES/-l/-lW} . $MOUNT/" \
        "$start ${DATA/-l/-lr} . $MOUNT/" "$start ${DATA/-l/-ld} . $MOUNT/" "$start ${DATA/e./s.} . $MOUNT/" "$start ${DATA/e./se.} . $MOUNT/" \
        "$start ${DATA/e.LsfxCIvu/e} . $MOUNT/" "$start ${DATA/e.LsfxCIvu/e.Lsf-xx} . $MOUNT/" "$start ${DATA/e.LsfxCIvu/e.L1} . $MOUNT/" "$start ${LIST/-tR/-tRL} . $MAP/" \
        "$start ${LIST/-tR/-tRr} . $MAP/" "$start ${LIST/-tR/-t} . $MAP/" "$start $LIST -tRe.x . $MAP/" "$start --files-from=- --from0 . $MAP/"
}

attack_with_scp_and_stat() {
    attack "scp $MAP/header.json" "scp -t $MAP/" "scp -t $MAP/header.json" "scp -r -f $MAP" "scp -rf $MAP" "scp -f -r $MAP" "scp -f -p $MAP/header.json" "scp -pf $MAP/header.json" \
        "scp -v -f $MAP/header.json" "scp -d -t $MAP" "scp -f $MAP/header.json $MAP/header.json" "scp -f" "scp -f $MAP" "scp -S /tmp/x -f $MAP/header.json" \
        "scp -oProxyCommand=touch:@CANARY@ -f $MAP/header.json" "scp -F /tmp/x -f $MAP/header.json" "scp -f -- $MAP/header.json" "scp -f $MOUNT/data/fifo" \
        "scp -f @SITE@/meta/open/file" "stat" "stat -f $MOUNT" "stat -L $MOUNT/data/link" "stat --format=x $MOUNT" "stat --printf=x $MOUNT" "stat -c x $MOUNT" "stat -- $MOUNT" \
        "stat $MOUNT $MOUNT" "stat --file-system $MOUNT" "stat --version"
}

attack_with_size() {
    local long words
    printf -v long '%*s' 19000 ''
    long=${long// /x}
    printf -v words '%*s' 9000 ''
    attack "stat /$long$long" "stat $MOUNT/$long" "$long$long$long$long$long" "lustrebackup_source_init$words" "lustrebackup_source_init ${words// / -v}" \
        "lustrebackup_source_done -t ${long//x/9}" "rsync --server --sender ${words// /-l } . $MOUNT/" "lustrebackup_source_filediff -f ${words// /%41}" "stat ${words// //..}"
}

self_test_main "$@"

#!/bin/bash -p
# shellcheck disable=SC2034  # COMMAND is what the forced command reads
# Judges commands without a new bash for each: $1 is a forced command without its last line, which calls main; the rest are its arguments.
# Commands come on stdin, each with a NUL behind. The answer to each is a series of texts, each with a NUL behind: exit code, what was said
# on stderr, the folder, the number of words of what would be run (0 = none), and these words. $ANSWER names a file for it.

# shellcheck source=/dev/null
. "$1"
shift
log_to_syslog() { :; }
run() {
    printf '%s\0' "$PWD" "$#" "$@" >&3
    exit 0
}

while IFS= read -r -d '' COMMAND; do
    said=$( (main "$@") </dev/null 3>"$ANSWER" 2>&1 >/dev/null; printf ' %d' "$?")
    printf '%s\0' "${said##* }" "${said% *}"
    if [[ -s $ANSWER ]]; then cat -- "$ANSWER"; else printf '%s\0' / 0; fi
done

#!/bin/sh
# A sink in sh: appends a line to a file. Needs jq.
#
#     desk: {plugin: exec, command: [/usr/local/lib/tocsin/notify.sh, /var/log/tocsin/desk.log]}
#
# Standard input is the message, one JSON document. Exit 0 is delivered, 75 try again, 65 this event
# can never be taken, 78 nothing can before somebody mends it. The last line of standard error is
# the reason, the first of standard output the receipt.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: notify.sh FILE" >&2
    exit 78
fi
if ! command -v jq >/dev/null; then
    echo "jq is not installed" >&2
    exit 78
fi
# What a title holds comes from outside: it is data for jq and printf, and never part of a command.
line=$(jq -r '[.delivery, .level, .title, .link // "-"] | map(gsub("[[:cntrl:]]"; " ")) | @tsv') || {
    echo "standard input is no message" >&2
    exit 65
}
printf '%s\n' "$line" >>"$1" || exit 75

#!/bin/sh
# One event: UUID API SINK... The look-up, the message, and one curl that posts it to all sinks.
set -eu
uuid=$1 api=$2
shift 2
message=$(curl -sSf -m 30 -H "Authorization: Bearer $APIKEY" "$api/api/v1/sic/alerts/$uuid" |
    jq -c '{text: "New alert on SEKOIA.IO: \(.title), status \(.status.name), severity \(.urgency.display)."}')
[ -n "$message" ]
printf '%s' "$message" |
    curl -sSf -m 30 -o /dev/null -H 'Content-Type: application/json' --data-binary @- --fail-early "$@"

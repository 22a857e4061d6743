/* What an alert says of machines and people, where it says so in so many words: read from the whole
 * event, not from facts, whose labels are the rule's own. */
#ifndef SYSLOG_OBSERVED_H
#define SYSLOG_OBSERVED_H

#include <stdbool.h>
#include <stdint.h>

struct tocsin_call;

/* Each NULL where it is not known; the call's. */
struct endpoint {
    const char *address; /* as inet_pton() takes it */
    bool is_ipv6;
    const char *name; /* printable ASCII without blanks */
};

struct observed {
    struct endpoint source, target; /* of "10.0.0.7", "DC01" or "DC01 (10.0.0.7)" */
    const char *user;
    const char *rule_name, *rule_id; /* of what was detected, not of tocsin's rules */
    int64_t count;                   /* how often it happened; 0 is unknown */
};

struct observed observed_read(struct tocsin_call *call);

#endif

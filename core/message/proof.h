/* Templates tried on sample events, so that what would fail or be cut is known before it matters.
 */
#ifndef TOCSIN_MESSAGE_PROOF_H
#define TOCSIN_MESSAGE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "message/message.h"

struct phrasebook;
struct problems;
struct ruleset;
struct samples;

/* What must be known of a sink. */
struct proof_sink {
    const char *name;
    enum flavour flavour;
    uint32_t max_text; /* code points; 0: no limit known */
};

struct proof {
    const struct ruleset *rules;
    const struct phrasebook *book; /* of these rules, without a fault */
    const struct proof_sink *sinks;
    size_t sink_count;
    const struct samples *samples;
    int64_t now_ms;
    struct problems *problems;
};

/* Reports, once for each template: that it fails on a sample, that its link is no URL on a sample
 * that has all that it names, and, as warnings, that its level is none on any such sample, and that
 * its text is longer on one than the sink shows. */
void proof_read(const struct proof *proof);

#endif

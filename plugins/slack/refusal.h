/* What Slack says when it takes no message: one word of plain text
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
#ifndef TOCSIN_PLUGINS_SLACK_REFUSAL_H
#define TOCSIN_PLUGINS_SLACK_REFUSAL_H

#include <stdint.h>

struct tocsin_answer;

struct refusal {
    const char *word;
    uint32_t result;  /* TOCSIN_AGAIN: the blocks were refused, their text may not be */
    const char *hint; /* "" where the word says it all */
};

/* NULL: the answer's body is no word that is known. */
const struct refusal *refusal_find(const struct tocsin_answer *answer);

#endif

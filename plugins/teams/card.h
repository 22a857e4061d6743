/* The message that a workflow posts: an Adaptive Card in an envelope
 * (https://adaptivecards.io/explorer/). */
#ifndef TOCSIN_PLUGINS_TEAMS_CARD_H
#define TOCSIN_PLUGINS_TEAMS_CARD_H

#include <jansson.h>
#include <stddef.h>

struct tocsin_call;

/* The envelope, of at most max bytes when it is sent, whatever the message holds: facts give way,
 * then the text. max is 10,000 or more: the fixed parts and the limits on single texts take less.
 * The caller drops it. */
json_t *card_envelope(struct tocsin_call *call, size_t max);

#endif

/* A message as Block Kit has it (https://docs.slack.dev/reference/block-kit/blocks). */
#ifndef TOCSIN_PLUGINS_SLACK_BLOCKS_H
#define TOCSIN_PLUGINS_SLACK_BLOCKS_H

#include <jansson.h>

struct tocsin_call;

/* What stands above the coloured bar: who is called (mrkdwn, as written; NULL is nobody), and the
 * headline. */
json_t *blocks_headline(struct tocsin_call *call, const char *mention);

/* What stands beside it: the text, the facts, the button, the footer. */
json_t *blocks_body(struct tocsin_call *call);

#endif

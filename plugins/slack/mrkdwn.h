/* Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text), cut where that breaks
 * nothing. */
#ifndef TOCSIN_PLUGINS_SLACK_MRKDWN_H
#define TOCSIN_PLUGINS_SLACK_MRKDWN_H

#include <stddef.h>

/* The bytes of the text's beginning that take at most max UTF-16 units, all of it where it fits. It
 * ends on a line where the second half has one, else outside of entities (&amp;) and of what stands
 * in <angle brackets>; never 0 of a text that is not empty. */
size_t mrkdwn_fit(const char *text, size_t max);

#endif

/* The API's answers as lines for people. What came from outside is shown as one harmless line: it
 * may hold what a terminal would obey. */
#ifndef TOCSIN_CMD_PRINTOUT_H
#define TOCSIN_CMD_PRINTOUT_H

#include <jansson.h>
#include <stdbool.h>

/* A text, cleaned; "-" where there is none. */
void printout_text(const json_t *text);

/* A text's lines, each cleaned and moved in: none of an alert stands where one of ours would. */
void printout_lines(const char *text, int indent);

/* 2026-11-25T20:00:00.000Z as 2026-11-25 20:00:00, without the line's end. */
void printout_moment(const json_t *moment);

/* A line each. */
void printout_deliveries(const json_t *deliveries);
void printout_events(const json_t *events);
void printout_changes(const json_t *answer);

/* A star stands before what is unread. is_long: with text, facts and link. */
void printout_notifications(const json_t *notifications, bool is_long);
void printout_sink(const json_t *sink);

/* The whole story of one event. */
void printout_story(const json_t *story);

#endif

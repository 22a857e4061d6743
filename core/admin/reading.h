/* The ledger's reader: a thread beside the loop that answers what is asked of the archive, one
 * question after the other. */
#ifndef TOCSIN_ADMIN_READING_H
#define TOCSIN_ADMIN_READING_H

#include <stdbool.h>

struct event_base;
struct readings;
struct record_answer;

/* The path is borrowed. */
struct readings *readings_create(struct event_base *base, const char *ledger_path);

/* After the server: what was not answered is dropped. False: the reader did not come back, and may
 * go on using what it was given. */
bool readings_destroy(struct readings *readings);

/* What the archive tells (admin/records.h), lent for the call; or NULL with the reason why it could
 * not be asked, or, when the listener has ended, without one. */
typedef void (*reading_done)(const struct record_answer *answer, const char *failure, void *arg);

/* Asks for what the URI names. done is called once, on the loop. */
void readings_ask(struct readings *readings, const char *uri, reading_done done, void *arg);

#endif

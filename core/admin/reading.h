/* The ledger's reader: a thread beside the loop that answers what is asked of the archive, one
 * question after the other. */
#ifndef TOCSIN_ADMIN_READING_H
#define TOCSIN_ADMIN_READING_H

#include <stdbool.h>

struct event_base;
struct exchange;
struct readings;

/* The path is borrowed. */
struct readings *readings_create(struct event_base *base, const char *ledger_path);

/* After the server: what was not answered is dropped. False: the reader did not come back, and may
 * go on using what it was given. */
bool readings_destroy(struct readings *readings);

/* Answers the exchange with what the archive tells of the URI (admin/records.h). */
void readings_ask(struct readings *readings, const char *uri, struct exchange *exchange);

#endif

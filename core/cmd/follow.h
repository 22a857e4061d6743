/* Events as they come: those there are, and then what is new, once a second, until somebody ends
 * it.
 */
#ifndef TOCSIN_CMD_FOLLOW_H
#define TOCSIN_CMD_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

struct session;

/* uri: the list, with its filters. may_match_later: they ask what became of an event, which is
 * known some time after it came: a while back is looked at too. earlier: how many of those that are
 * there already are shown first. A daemon that goes away is waited for, and meanwhile its ledger is
 * read. Returns the exit status: EXIT_FINE when it was ended by a signal, or because nobody reads
 * standard output any more. */
int follow_events(struct session *session, const char *uri, bool may_match_later, size_t earlier);

#endif

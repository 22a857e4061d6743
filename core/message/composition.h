/* A message in a rule's own words. */
#ifndef TOCSIN_MESSAGE_COMPOSITION_H
#define TOCSIN_MESSAGE_COMPOSITION_H

#include <stdbool.h>

#include "config/problems.h"
#include "message/message.h"

struct phrase;

/* What is wrong with a link that is shown; NULL: nothing. */
const char *link_fault(const char *link);

/* Why a template gave nothing to send. */
struct composition_fault {
    struct phrase *phrase;
    struct place place; /* in the rules file */
    char *reason;       /* owned; may hold words of the event */
};

/* Sets what order->phrases say of the message, and leaves the rest: *is_linkless tells that it is
 * to have no link. False with the fault, where a template fails; what was set until then is there.
 */
bool composition_make(struct message *message, const struct view *view,
    const struct message_order *order, bool *is_linkless, struct composition_fault *fault);

#endif

/* What a far end said, as a reason that may be shown: one line, bounded, without the secret URL
 * that far ends like to repeat in their errors. */
#ifndef TOCSIN_PLUGINS_REASON_H
#define TOCSIN_PLUGINS_REASON_H

#include <jansson.h>

struct tocsin_answer;
struct tocsin_call;

/* The answer's body as a JSON object that the caller drops, or NULL. */
json_t *answer_object(const struct tocsin_answer *answer);

/* The value of a string member, "" when there is none; lives as long as the object (or NULL). */
const char *member_text(const json_t *object, const char *name);

/* The text made fit to be shown, in the host's memory. Each part of the URL that is long enough to
 * be a credential is blotted out wherever it stands, percent-decoded or as it is. */
const char *reason_clean(struct tocsin_call *call, const char *text, const char *secret_url);

#endif

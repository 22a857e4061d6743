/* What the admin listener asks of the daemon because it takes the whole configuration: for struct
 * admin_parts, whose `arg` is the daemon. */
#ifndef TOCSIN_CMD_ASKED_H
#define TOCSIN_CMD_ASKED_H

#include "admin/listener.h"

struct comparing;

json_t *asked_explain(void *arg, const struct admin_explain *explain, struct error *error);

/* One at a time. */
bool asked_what_if(void *arg, const struct admin_what_if *what_if, struct error *error);

/* Ends what is under way: nobody is told. NULL is fine. */
void comparing_destroy(struct comparing *comparing);

#endif

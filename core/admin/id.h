/* Ids as people see and type them: "3f9a1c-d17" is a delivery of the ledger 3f9a1c, "3f9a1c-e17" an
 * event, "3f9a1c-n17" a notification of its inbox. */
#ifndef TOCSIN_ADMIN_ID_H
#define TOCSIN_ADMIN_ID_H

#include <stdbool.h>
#include <stdint.h>

struct error;

enum id_kind {
    ID_EVENT = 'e',
    ID_DELIVERY = 'd',
    ID_NOTIFICATION = 'n',
};

/* The caller frees it. */
char *id_format(const char *ledger, enum id_kind kind, int64_t number);

/* Reads an id, or a bare number. False with what is wrong with it; an id of another ledger is
 * refused by name, since its number means something else here. */
bool id_parse(
    const char *text, const char *ledger, enum id_kind kind, int64_t *number, struct error *error);

#endif

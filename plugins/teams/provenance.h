/* What of a text a value put there, and not the template itself. The host escapes values for Teams
 * (see docs/templates.md): zero-width spaces part what could act, look-alikes stand for asterisks
 * and grave accents. Beside the same text as plain text, that tells who wrote each byte that
 * matters. */
#ifndef TOCSIN_PLUGINS_TEAMS_PROVENANCE_H
#define TOCSIN_PLUGINS_TEAMS_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>

struct tocsin_call;

enum {
    PARTED_BEFORE = 1, /* the escaping put a space without width before the byte */
    PARTED_AFTER = 2,
    SWAPPED = 4, /* it put a look-alike in the byte's place */
    FOREIGN = PARTED_BEFORE | PARTED_AFTER | SWAPPED,
};

/* A set of those for each of the first len bytes of the plain text, in the host's memory. From
 * where the two texts do not fit together on, all is FOREIGN. */
uint8_t *provenance_read(
    struct tocsin_call *call, const char *flavoured, const char *plain, size_t len);

#endif

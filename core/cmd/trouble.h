/* What is wrong, by a status as the API gives it: the worst first, each with its cure. */
#ifndef TOCSIN_CMD_TROUBLE_H
#define TOCSIN_CMD_TROUBLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct config;

struct trouble {
    int rank;   /* the lowest is the worst */
    char *what; /* one harmless line */
    char *cure;
};

struct troubles {
    struct trouble *items;
    size_t count;
};

/* nowhere: the address where no daemon answers, NULL where one gave the status. config may be NULL;
 * where a sink is written is looked up there. */
void troubles_find(struct troubles *troubles, const json_t *status, const char *nowhere,
    const struct config *config);
void troubles_finish(struct troubles *troubles);

#endif

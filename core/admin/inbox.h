/* Who reads the inbox: people who share it have marks of their own, under a name that they say. */
#ifndef TOCSIN_ADMIN_INBOX_H
#define TOCSIN_ADMIN_INBOX_H

#include <stdbool.h>

struct error;

/* The reader whom all are that say no name. */
#define INBOX_EVERYONE "everyone"

/* False with the reason where that is no reader's name. */
bool inbox_check_reader(const char *name, struct error *error);

#endif

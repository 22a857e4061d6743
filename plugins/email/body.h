/* What both parts of a mail show, the plain one and the HTML one. */
#ifndef EMAIL_BODY_H
#define EMAIL_BODY_H

#include <stddef.h>
#include <tocsin/sink.h>

struct text;

enum {
    NOTICES_MAX = 3,
};

/* Fills lines with a sentence for each mark of the message; returns how many. */
size_t body_notices(const struct tocsin_message *message, const char *lines[NOTICES_MAX]);

const struct tocsin_fact *body_fact(const struct tocsin_message *message, uint32_t index);

/* The link if it is one that a reader may be sent to, else NULL. */
const char *body_link(const struct tocsin_message *message);

/* "alert created, 2026-11-23 10:00 UTC": plain text, as posted; the call's. */
const char *body_origin(struct tocsin_call *call);

/* The text/plain part, lines ending with CRLF: whole, or the few lines of the simple form. */
void plain_write(struct text *out, const struct tocsin_message *message);
void plain_write_simple(struct text *out, const struct tocsin_message *message);

/* The text/html part, under 100 kB: Gmail clips what is longer than 102 kB. */
void html_write(struct text *out, const struct tocsin_message *message);

#endif

/* A whole mail (RFC 5322, RFC 2045): ASCII, CRLF line ends only, no line over 998 bytes. */
#ifndef EMAIL_LETTER_H
#define EMAIL_LETTER_H

#include <stddef.h>
#include <tocsin/sink.h>

struct address;
struct email_config;
struct text;

struct letter {
    const struct email_config *config;
    const struct address *from;
    const struct address *to; /* all that are configured, whoever gets it this time */
    size_t to_count;
};

/* Appends the mail for the call's message. Its Message-ID depends on the delivery alone, so that
 * readers fold repeats of it; its thread on the message's thread alone. */
void letter_write(struct text *out, const struct letter *letter);

#endif

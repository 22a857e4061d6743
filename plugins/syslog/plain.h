/* Texts for people that the formats share. */
#ifndef SYSLOG_PLAIN_H
#define SYSLOG_PLAIN_H

struct draft;
struct escaping;
struct tocsin_fact;
struct tocsin_message;

/* The one escapes nothing; the other what would end a text in double quotes. */
extern const struct escaping plain_text, quoted_text;

/* " [possible repeat]" and its kin. */
void plain_marks(struct draft *draft, const struct tocsin_message *message);

/* ` first_seen="2026-11-23 10:00"`, with a prefix before the key. */
void plain_fact(struct draft *draft, const struct tocsin_fact *fact, const char *prefix);

#endif

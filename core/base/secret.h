/* Passwords, keys and secret URLs. A secret prints as ***; only the code that must send it reveals
 * it. A secrets registry remembers all of them, so that text that came from outside (a far end's
 * error message, a library's) can be cleaned before it is written anywhere. */
#ifndef TOCSIN_BASE_SECRET_H
#define TOCSIN_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
    char *hidden; /* owned; read it through secret_reveal() only */
};

/* The plain text, "" when none is set; lives as long as the secret. */
const char *secret_reveal(const struct secret *secret);

/* What may be shown: "***", or "" when none is set. */
const char *secret_print(const struct secret *secret);

/* Whether the two are equal, in a time that does not tell where they differ. */
bool secret_equals(const char *secret, const char *given);

void secret_finish(struct secret *secret);

struct secrets;

struct secrets *secrets_create(void);
void secrets_destroy(struct secrets *secrets);

/* Remembers a text that must never be shown. Texts under four bytes are not remembered: cleaning
 * them would garble every message and protect nothing. */
void secrets_add(struct secrets *secrets, const char *text);

/* Remembers a URL, and each path segment and query value of eight bytes or more in it, since far
 * ends repeat parts of a URL in their errors. */
void secrets_add_url(struct secrets *secrets, const char *url);

/* Remembers a text, and each part of eight bytes or more between its blanks: of `Bearer KEY` the
 * key too. */
void secrets_add_parts(struct secrets *secrets, const char *text);

/* Remembers whatever `more` does and it does not yet, for good. Unlike the others this may be
 * called while other threads redact, from one thread at a time. */
void secrets_learn(struct secrets *secrets, const struct secrets *more);

/* A copy of the text with every remembered secret replaced by ***, also where it is spelled with
 * the escapes of JSON, HTML or a URL (base/spelling.h): far ends repeat what they were sent in
 * their own way. The caller frees it. A NULL registry remembers nothing. */
char *secrets_redact(const struct secrets *secrets, const char *text);

/* The same for a text that was cut at its end: what may be the beginning of a secret there goes
 * too.
 */
char *secrets_redact_cut(const struct secrets *secrets, const char *text);

#endif

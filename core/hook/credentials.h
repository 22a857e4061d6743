/* What a sender shows beside the path, held against what his hook wants: a token (RFC 6750), a user
 * and a password (RFC 7617), or an HMAC-SHA256 (RFC 2104) of the body as it came:
 *
 *     X-Hub-Signature-256: sha256=HEX       header and prefix as configured; signed is BODY
 *     Stripe-Signature: t=1795428000,v1=HEX   with a tolerance; signed is 1795428000.BODY
 *
 * HEX may be base64 too. Secrets are compared in a time that does not tell where they differ.
 *
 * Pure: the time is an argument. */
#ifndef TOCSIN_HOOK_CREDENTIALS_H
#define TOCSIN_HOOK_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

struct config_auth;

enum credentials {
    CREDENTIALS_GOOD,
    CREDENTIALS_MISSING,
    CREDENTIALS_MALFORMED,
    CREDENTIALS_WRONG,
    CREDENTIALS_STALE, /* signed well, at another time */
};

/* The header that has them; NULL where none are wanted. */
const char *credentials_header(const struct config_auth *auth);

/* Judges that header's value, NULL where it is missing. */
enum credentials credentials_judge(const struct config_auth *auth, const char *value,
    const char *body, size_t body_len, int64_t now_ms);

/* What a 401 says is wanted (WWW-Authenticate, RFC 9110, 11.6.1). The caller frees it. */
char *credentials_challenge(const struct config_auth *auth, enum credentials found);

#endif

/* The access token for XOAUTH2, from a file or a command. */
#ifndef EMAIL_TOKEN_H
#define EMAIL_TOKEN_H

#include <stdbool.h>
#include <tocsin/sink.h>

struct email_config;

/* Where one worker's tokens come from. */
struct token_source {
    const struct email_config *config;
    char *kept; /* what the command gave last; NULL if it has to be asked */
};

bool token_is_wanted(const struct email_config *config);

/* The file is read anew for each mail. A command takes a second or more, so its token is kept until
 * token_source_finish(), which the server's refusal asks for. The token is visible ASCII, the
 * call's. On failure *outcome says what it means for the delivery, and names the file or the
 * program, never an argument or what was printed. */
bool token_get(struct token_source *source, struct tocsin_call *call, const char **token,
    struct tocsin_outcome *outcome);

/* Forgets the token; the next one is asked for anew. */
void token_source_finish(struct token_source *source);

#endif

#include "base/secret.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
    shortest_secret = 4,
    shortest_url_part = 8,
};

struct secrets {
    _Atomic(struct secrets *) later; /* owned: learnt while others were reading; NULL: nothing */
    char **texts;                    /* longest first, so that a part never breaks up the whole */
    size_t count;
    bool begins[256]; /* some text, by its first byte: most of what is cleaned begins none */
};

const char *secret_reveal(const struct secret *secret)
{
    return secret->hidden ? secret->hidden : "";
}

const char *secret_print(const struct secret *secret)
{
    return secret->hidden ? "***" : "";
}

bool secret_equals(const char *secret, const char *given)
{
    size_t secret_len = strlen(secret), len = strlen(given);
    unsigned char difference = secret_len != len;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(secret[secret_len ? i % secret_len : 0] ^ given[i]);
    return difference == 0;
}

void secret_finish(struct secret *secret)
{
    if (secret->hidden)
        explicit_bzero(secret->hidden, strlen(secret->hidden));
    free(secret->hidden);
    secret->hidden = NULL;
}

struct secrets *secrets_create(void)
{
    return mem_alloc(sizeof(struct secrets));
}

void secrets_destroy(struct secrets *secrets)
{
    if (!secrets)
        return;
    secrets_destroy(atomic_load(&secrets->later));
    for (size_t i = 0; i < secrets->count; i++) {
        explicit_bzero(secrets->texts[i], strlen(secrets->texts[i]));
        free(secrets->texts[i]);
    }
    free(secrets->texts);
    free(secrets);
}

static void secrets_insert(struct secrets *secrets, const char *text, size_t len)
{
    size_t at = 0;

    while (at < secrets->count && strlen(secrets->texts[at]) > len)
        at++;
    for (size_t i = at; i < secrets->count && strlen(secrets->texts[i]) == len; i++)
        if (memcmp(secrets->texts[i], text, len) == 0)
            return;
    secrets->texts = mem_resize(secrets->texts, (secrets->count + 1) * sizeof *secrets->texts);
    memmove(secrets->texts + at + 1, secrets->texts + at,
        (secrets->count - at) * sizeof *secrets->texts);
    secrets->texts[at] = text_copy_n(text, len);
    secrets->count++;
    secrets->begins[(unsigned char)*text] = true;
}

void secrets_add(struct secrets *secrets, const char *text)
{
    if (text && strlen(text) >= shortest_secret)
        secrets_insert(secrets, text, strlen(text));
}

void secrets_add_url(struct secrets *secrets, const char *url)
{
    if (!url)
        return;
    secrets_add(secrets, url);
    const char *authority = strstr(url, "://");
    const char *path = strpbrk(authority ? authority + 3 : url, "/?");

    while (path && *path) {
        size_t len = strcspn(path, "/?&=#");
        if (len >= shortest_url_part)
            secrets_insert(secrets, path, len);
        path += len + (path[len] != '\0');
    }
}

static bool secrets_know(const struct secrets *secrets, const char *text)
{
    for (; secrets; secrets = atomic_load(&secrets->later))
        for (size_t i = 0; i < secrets->count; i++)
            if (strcmp(secrets->texts[i], text) == 0)
                return true;
    return false;
}

void secrets_learn(struct secrets *secrets, const struct secrets *more)
{
    struct secrets *learnt = secrets_create();

    for (size_t i = 0; i < more->count; i++)
        if (!secrets_know(secrets, more->texts[i]))
            secrets_insert(learnt, more->texts[i], strlen(more->texts[i]));
    if (learnt->count == 0) {
        secrets_destroy(learnt);
        return;
    }
    while (atomic_load(&secrets->later))
        secrets = atomic_load(&secrets->later);
    atomic_store(&secrets->later, learnt); /* whole: who sees it may read it */
}

/* The longest secret that starts here; NULL if none does. */
static const char *secret_at(const struct secrets *secrets, const char *text)
{
    if (!secrets->begins[(unsigned char)*text])
        return NULL;
    for (size_t i = 0; i < secrets->count; i++)
        if (strncmp(text, secrets->texts[i], strlen(secrets->texts[i])) == 0)
            return secrets->texts[i];
    return NULL;
}

/* The first secret in the text, and where it stands: at the text's end where there is none. */
static const char *secret_in(const struct secrets *secrets, const char *text, size_t *at)
{
    const char *secret = NULL;

    for (*at = 0; text[*at]; ++*at)
        if ((secret = secret_at(secrets, text + *at)))
            break;
    return secret;
}

static char *redact_once(const struct secrets *secrets, const char *text)
{
    struct buf clean = {0};
    const char *secret;
    size_t at;

    while ((secret = secret_in(secrets, text, &at))) {
        buf_append(&clean, text, at);
        buf_puts(&clean, "***");
        text += at + strlen(secret);
    }
    buf_append(&clean, text, at);
    return buf_take(&clean);
}

char *secrets_redact(const struct secrets *secrets, const char *text)
{
    if (!secrets)
        return text_copy(text);
    char *clean = redact_once(secrets, text);
    while ((secrets = atomic_load(&secrets->later))) {
        char *cleaner = redact_once(secrets, clean);
        free(clean);
        clean = cleaner;
    }
    return clean;
}

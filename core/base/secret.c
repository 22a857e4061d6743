#include "base/secret.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/spelling.h"

enum {
    shortest_secret = 4,
    shortest_part = 8,
};

struct remembered {
    char *text;
    size_t len;
    struct spelling spelling; /* of it, with its escapes undone */
    bool has_escapes;
};

struct secrets {
    _Atomic(struct secrets *) later; /* owned: learnt while others were reading; NULL: nothing */
    struct remembered *items;        /* longest first, so that a part never breaks up the whole */
    size_t count;
    bool has_escapes; /* some text */
    /* By the first byte of some text, and of some that has escapes without them: most of what is
     * cleaned begins none. */
    bool begins[256], begins_plain[256];
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
        explicit_bzero(secrets->items[i].text, secrets->items[i].len);
        free(secrets->items[i].text);
        spelling_finish(&secrets->items[i].spelling);
    }
    free(secrets->items);
    free(secrets);
}

static void remember(struct secrets *secrets, struct remembered *item, const char *text, size_t len)
{
    *item = (struct remembered){.text = text_copy_n(text, len), .len = len};
    spelling_init(&item->spelling, item->text);
    for (int round = 0; round < SPELLING_ROUNDS && spelling_undo(&item->spelling); round++)
        ;
    item->has_escapes = item->spelling.len != len;
    secrets->has_escapes |= item->has_escapes;
    secrets->begins[(unsigned char)*text] = true;
    if (item->has_escapes)
        secrets->begins_plain[(unsigned char)*item->spelling.plain] = true;
}

static void secrets_insert(struct secrets *secrets, const char *text, size_t len)
{
    size_t at = 0;

    while (at < secrets->count && secrets->items[at].len > len)
        at++;
    for (size_t i = at; i < secrets->count && secrets->items[i].len == len; i++)
        if (memcmp(secrets->items[i].text, text, len) == 0)
            return;
    secrets->items = mem_resize(secrets->items, (secrets->count + 1) * sizeof *secrets->items);
    memmove(secrets->items + at + 1, secrets->items + at,
        (secrets->count - at) * sizeof *secrets->items);
    remember(secrets, &secrets->items[at], text, len);
    secrets->count++;
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
        if (len >= shortest_part)
            secrets_insert(secrets, path, len);
        path += len + (path[len] != '\0');
    }
}

void secrets_add_parts(struct secrets *secrets, const char *text)
{
    secrets_add(secrets, text);
    while (text && *text) {
        size_t len = strcspn(text, " \t");
        if (len >= shortest_part)
            secrets_insert(secrets, text, len);
        text += len + (text[len] != '\0');
    }
}

static bool secrets_know(const struct secrets *secrets, const char *text)
{
    for (; secrets; secrets = atomic_load(&secrets->later))
        for (size_t i = 0; i < secrets->count; i++)
            if (strcmp(secrets->items[i].text, text) == 0)
                return true;
    return false;
}

void secrets_learn(struct secrets *secrets, const struct secrets *more)
{
    struct secrets *learnt = secrets_create();

    for (size_t i = 0; i < more->count; i++)
        if (!secrets_know(secrets, more->items[i].text))
            secrets_insert(learnt, more->items[i].text, more->items[i].len);
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
        if (strncmp(text, secrets->items[i].text, secrets->items[i].len) == 0)
            return secrets->items[i].text;
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

static char *redact_literal(const struct secrets *secrets, const char *text)
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

/* How much of the text, from there on, is the secret; 0: none of it. With is_cut it may go on
 * behind the text's end. */
static size_t begins_with(
    const struct spelling *text, size_t at, const char *secret, size_t len, bool is_cut)
{
    size_t left = text->len - at, shared = is_cut && len > left ? left : len;

    if (shared < shortest_secret || shared > left)
        return 0;
    return memcmp(text->plain + at, secret, shared) == 0 ? shared : 0;
}

/* The same for any secret, as it was remembered or undone. */
static size_t any_at(
    const struct secrets *secrets, const struct spelling *text, size_t at, bool is_cut)
{
    unsigned char first = (unsigned char)text->plain[at];
    size_t len = 0;

    if (!secrets->begins[first] && !secrets->begins_plain[first])
        return 0;
    for (size_t i = 0; i < secrets->count && len == 0; i++) {
        const struct remembered *item = &secrets->items[i];
        const struct spelling *plain = &item->spelling;
        len = begins_with(text, at, item->text, item->len, is_cut);
        if (len == 0)
            len = begins_with(text, at, plain->plain, plain->len, is_cut);
    }
    return len;
}

static void mark_round(
    const struct secrets *secrets, const struct spelling *spelling, bool is_cut, bool *hidden)
{
    for (size_t at = 0, len; at < spelling->len; at += len ? len : 1) {
        len = any_at(secrets, spelling, at, is_cut);
        memset(hidden + spelling->from[at], true, spelling->from[at + len] - spelling->from[at]);
    }
}

/* Each run of hidden bytes becomes ***. */
static char *without_hidden(const char *text, const bool *hidden)
{
    struct buf clean = {0};

    for (size_t at = 0; text[at]; at++) {
        if (!hidden[at])
            buf_putc(&clean, text[at]);
        else if (at == 0 || !hidden[at - 1])
            buf_puts(&clean, "***");
    }
    return buf_take(&clean);
}

/* What is spelled otherwise than it was remembered too. All is marked before any of it goes, so
 * that a part that was found never breaks up the whole that is found a round later. Each round is
 * looked at by itself: one too many would take a secret's own last backslash for the escape of what
 * follows. */
static char *redact_spelled(const struct secrets *secrets, const char *text, bool is_cut)
{
    auto_free bool *hidden = mem_alloc(strlen(text) + 1);
    struct spelling spelling;

    spelling_init(&spelling, text);
    mark_round(secrets, &spelling, is_cut, hidden);
    for (int round = 0; round < SPELLING_ROUNDS && spelling_undo(&spelling); round++)
        mark_round(secrets, &spelling, is_cut, hidden);
    spelling_finish(&spelling);
    return without_hidden(text, hidden);
}

static bool begins_plain(const struct secrets *secrets, const char *text)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const struct remembered *item = &secrets->items[i];
        if (item->has_escapes && strncmp(text, item->spelling.plain, shortest_secret) == 0)
            return true;
    }
    return false;
}

/* Whether a text without escapes may hold a secret that was remembered with some. */
static bool may_hold_plain(const struct secrets *secrets, const char *text)
{
    if (!secrets->has_escapes)
        return false;
    for (; *text; text++)
        if (secrets->begins_plain[(unsigned char)*text] && begins_plain(secrets, text))
            return true;
    return false;
}

static char *redact_once(const struct secrets *secrets, const char *text, bool is_cut)
{
    if (is_cut || spelling_is_needed(text) || may_hold_plain(secrets, text))
        return redact_spelled(secrets, text, is_cut);
    return redact_literal(secrets, text);
}

static char *redact(const struct secrets *secrets, const char *text, bool is_cut)
{
    if (!secrets)
        return text_copy(text);
    char *clean = redact_once(secrets, text, is_cut);
    while ((secrets = atomic_load(&secrets->later))) {
        char *cleaner = redact_once(secrets, clean, is_cut);
        free(clean);
        clean = cleaner;
    }
    return clean;
}

char *secrets_redact(const struct secrets *secrets, const char *text)
{
    return redact(secrets, text, false);
}

char *secrets_redact_cut(const struct secrets *secrets, const char *text)
{
    auto_free char *whole = text_copy_n(text, spelling_whole(text));

    return redact(secrets, whole, true);
}

#include "hook/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/secret.h"
#include "config/config.h"
#include "hook/signature.h"

enum {
    most_time_digits = 12,
};

const char *credentials_header(const struct config_auth *auth)
{
    if (auth->kind == CONFIG_AUTH_NONE)
        return NULL;
    return auth->kind == CONFIG_AUTH_HMAC_SHA256 ? auth->header : "Authorization";
}

static const char *scheme_of(const struct config_auth *auth)
{
    return auth->kind == CONFIG_AUTH_BASIC ? "Basic" : "Bearer";
}

/* All are tried, so that time tells nothing of which it was. */
static bool is_any_secret(const struct config_auth *auth, const char *given)
{
    bool is_one = false;

    for (size_t i = 0; i < auth->secret_count; i++)
        is_one |= secret_equals(secret_reveal(&auth->secrets[i]), given);
    return is_one;
}

/* `Authorization: SCHEME CREDENTIALS`; the scheme in any letters (RFC 9110, 11.1). */
static enum credentials judge_authorization(const struct config_auth *auth, const char *value)
{
    const char *scheme = scheme_of(auth);
    size_t len = strlen(scheme);

    if (strncasecmp(value, scheme, len) != 0 || value[len] != ' ')
        return CREDENTIALS_MALFORMED;
    value += len + strspn(value + len, " ");
    if (*value == '\0' || strpbrk(value, " \t"))
        return CREDENTIALS_MALFORMED;
    return is_any_secret(auth, value) ? CREDENTIALS_GOOD : CREDENTIALS_WRONG;
}

static bool begins_with(const char *text, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* What stands between the commas of a header's value, without blanks before it. */
struct element {
    const char *text;
    size_t len;
};

static bool next_element(const char **rest, struct element *element)
{
    if (!*rest)
        return false;
    element->text = *rest + strspn(*rest, " \t");
    element->len = strcspn(element->text, ",");
    *rest = element->text[element->len] ? element->text + element->len + 1 : NULL;
    return true;
}

/* The signature within an element; false where it has another prefix, or is none. */
static bool find_signature(
    const struct config_auth *auth, const struct element *element, struct element *signature)
{
    size_t len = strlen(auth->prefix);

    if (!begins_with(element->text, element->len, auth->prefix))
        return false;
    *signature = (struct element){element->text + len, element->len - len};
    return signature_is_one(signature->text, signature->len);
}

/* Whether any of the header's signatures was made with any of the secrets; with a time the header
 * has several elements. Each secret signs once, however many there are. */
static enum credentials judge_elements(const struct config_auth *auth, const char *value,
    const struct signed_part *parts, size_t count)
{
    enum credentials found = CREDENTIALS_MALFORMED;
    struct element element, signature;

    for (size_t i = 0; i < auth->secret_count; i++) {
        uint8_t made[SIGNATURE_SIZE];
        bool is_made = signature_make(secret_reveal(&auth->secrets[i]), parts, count, made);
        for (const char *rest = value; next_element(&rest, &element);) {
            if (!find_signature(auth, &element, &signature))
                continue;
            if (is_made && signature_equals(made, signature.text, signature.len))
                found = CREDENTIALS_GOOD;
            else if (found == CREDENTIALS_MALFORMED)
                found = CREDENTIALS_WRONG;
        }
    }
    return found;
}

static bool has_signature(const struct config_auth *auth, const char *value)
{
    struct element element, signature;

    for (const char *rest = value; next_element(&rest, &element);)
        if (find_signature(auth, &element, &signature))
            return true;
    return false;
}

/* Seconds since the epoch, of digits only. */
static bool read_time(const struct element *element, struct signed_part *time, int64_t *seconds)
{
    size_t len = element->len - strlen("t=");
    const char *text = element->text + strlen("t=");

    if (len == 0 || len > most_time_digits || strspn(text, "0123456789") < len)
        return false;
    *time = (struct signed_part){text, len};
    *seconds = strtoll(text, NULL, 10);
    return true;
}

/* What was not signed well is not said to be late. */
static enum credentials judge_timed(const struct config_auth *auth, const char *value,
    const struct signed_part *body, int64_t now_ms)
{
    struct signed_part parts[] = {{0}, {".", 1}, *body};
    struct element element;
    int64_t seconds = 0;

    for (const char *rest = value; next_element(&rest, &element);)
        if (begins_with(element.text, element.len, "t=") &&
            (parts->len > 0 || !read_time(&element, parts, &seconds)))
            return CREDENTIALS_MALFORMED;
    if (parts->len == 0 || !has_signature(auth, value))
        return CREDENTIALS_MALFORMED;
    enum credentials found = judge_elements(auth, value, parts, sizeof parts / sizeof *parts);
    bool is_stale = llabs(now_ms - seconds * 1000) > auth->tolerance_ms;
    return found == CREDENTIALS_GOOD && is_stale ? CREDENTIALS_STALE : found;
}

static enum credentials judge_signature(
    const struct config_auth *auth, const char *value, const struct signed_part *body)
{
    return has_signature(auth, value) ? judge_elements(auth, value, body, 1)
                                      : CREDENTIALS_MALFORMED;
}

enum credentials credentials_judge(const struct config_auth *auth, const char *value,
    const char *body, size_t body_len, int64_t now_ms)
{
    const struct signed_part whole = {body, body_len};

    if (auth->kind == CONFIG_AUTH_NONE)
        return CREDENTIALS_GOOD;
    if (!value || !*value)
        return CREDENTIALS_MISSING;
    if (auth->kind != CONFIG_AUTH_HMAC_SHA256)
        return judge_authorization(auth, value);
    return auth->tolerance_ms > 0 ? judge_timed(auth, value, &whole, now_ms)
                                  : judge_signature(auth, value, &whole);
}

/* No scheme is registered for signatures; an answer without any would break RFC 9110. */
char *credentials_challenge(const struct config_auth *auth, enum credentials found)
{
    if (auth->kind == CONFIG_AUTH_HMAC_SHA256)
        return text_format("HMAC-SHA256 header=\"%s\"", auth->header);
    if (auth->kind == CONFIG_AUTH_BASIC)
        return text_copy("Basic realm=\"tocsin\", charset=\"UTF-8\"");
    return text_copy(found == CREDENTIALS_MISSING
                         ? "Bearer realm=\"tocsin\""
                         : "Bearer realm=\"tocsin\", error=\"invalid_token\"");
}

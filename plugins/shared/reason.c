#include "reason.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tocsin/sink.h>

#include "text.h"

enum {
    MAX_REASON = 400,
    /* Shorter parts of a URL are words such as `triggers`, or too common to be credentials. */
    MIN_SECRET = 16,
    MIN_DECODED = 8,
};

json_t *answer_object(const struct tocsin_answer *answer)
{
    json_t *document = json_loadb(
        answer->body ? answer->body : "", answer->body ? (size_t)answer->body_len : 0, 0, NULL);

    if (json_is_object(document))
        return document;
    json_decref(document);
    return NULL;
}

const char *member_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static void blot(char *text, const char *secret)
{
    size_t len = strlen(secret);

    for (char *at = text; (at = strcasestr(at, secret)) != NULL; at += len)
        memset(at, '*', len);
}

static int digit_value(char digit)
{
    return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/* Undoes %XX, in place. */
static void percent_decode(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        bool is_code =
            text[0] == '%' && isxdigit((unsigned char)text[1]) && isxdigit((unsigned char)text[2]);
        *out++ = is_code ? (char)(digit_value(text[1]) * 16 + digit_value(text[2])) : text[0];
        text += is_code ? 2 : 0;
    }
    *out = '\0';
}

/* Path segments, query values and the host name alike: whatever stands between the delimiters. */
static void blot_parts(struct tocsin_call *call, char *text, const char *url)
{
    for (const char *part = url; *part != '\0';) {
        size_t len = strcspn(part, "/?&=#:@");
        if (len >= MIN_SECRET) {
            char *secret = call->host->alloc(call, len + 1);
            memcpy(secret, part, len);
            blot(text, secret);
            /* As a far end shows it that has read the URL. */
            percent_decode(secret);
            if (strlen(secret) >= MIN_DECODED)
                blot(text, secret);
        }
        part += len + (part[len] != '\0');
    }
}

const char *reason_clean(struct tocsin_call *call, const char *text, const char *secret_url)
{
    char *line = call->host->format(call, "%s", text);

    for (char *byte = line; *byte != '\0'; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
            *byte = ' ';
    blot_parts(call, line, secret_url);
    return text_cut(call, line, MAX_REASON, SIZE_MAX);
}

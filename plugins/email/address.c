#include "address.h"

#include <string.h>

/* RFC 5321 4.5.3.1. */
enum {
    LOCAL_MAX = 64,
    DOMAIN_MAX = 255,
    LABEL_MAX = 63,
};

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* Words of the given characters with single dots between them. */
static bool is_dotted(const char *text, size_t len, const char *specials, size_t word_max)
{
    size_t word = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && word > 0) {
            word = 0;
            continue;
        }
        if (!strchr(alphanumeric, text[i]) && !strchr(specials, text[i]))
            return false;
        if (++word > word_max)
            return false;
    }
    return word > 0;
}

static const char *local_fault(const char *bare, const char *at)
{
    if ((size_t)(at - bare) > LOCAL_MAX)
        return "more than 64 characters before the @";
    if (!is_dotted(bare, (size_t)(at - bare), "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX))
        return "only letters, digits, !#$%&'*+-/=?^_`{|}~ and single dots may stand before the @";
    return NULL;
}

static const char *domain_fault(const char *domain)
{
    if (strlen(domain) > DOMAIN_MAX)
        return "the domain is longer than 255 characters";
    if (!is_dotted(domain, strlen(domain), "-", LABEL_MAX))
        return "the domain must be a host name";
    return NULL;
}

static const char *bare_fault(const char *bare)
{
    const char *at = strchr(bare, '@');

    if (!at)
        return "there is no @";
    if (!is_ascii(at))
        return "write the domain in its ASCII form (xn--...)";
    if (!is_ascii(bare))
        return "letters beyond ASCII before the @ need SMTPUTF8, which is not supported";
    if (strchr(at + 1, '@'))
        return "there is more than one @";
    const char *fault = local_fault(bare, at);
    return fault ? fault : domain_fault(at + 1);
}

/* The display name without the quotes and blanks around it. */
static const char *read_name(struct tocsin_call *call, const char *from, const char *to)
{
    while (from < to && *from == ' ')
        from++;
    while (from < to && to[-1] == ' ')
        to--;
    if (to - from >= 2 && *from == '"' && to[-1] == '"') {
        from++;
        to--;
    }
    return call->host->format(call, "%.*s", (int)(to - from), from);
}

static const char *split(struct tocsin_call *call, const char *written, struct address *address)
{
    size_t len = strlen(written);
    const char *open = strchr(written, '<');

    if (has_control(written))
        return "there is a control character in it";
    if (!open) {
        address->name = "";
        address->bare = written;
        return NULL;
    }
    if (written[len - 1] != '>')
        return "after < there must be an address and a >";
    address->name = read_name(call, written, open);
    address->bare = call->host->format(call, "%.*s", (int)(written + len - 1 - open - 1), open + 1);
    return NULL;
}

bool address_parse(
    struct tocsin_call *call, const char *written, struct address *address, const char **why)
{
    const char *fault = split(call, written, address);

    if (!fault)
        fault = bare_fault(address->bare);
    if (fault) {
        *why = call->host->format(call, "%s is no mail address: %s", written, fault);
        return false;
    }
    address->domain = strchr(address->bare, '@') + 1;
    return true;
}

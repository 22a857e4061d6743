#include "mail.h"

#include "../cmocka_setup.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

static void put_base64(struct buf *out, const char *text, size_t len)
{
    auto_free unsigned char *bytes = mem_alloc(len + 4);
    auto_buf struct buf digits = {0};
    size_t padding = 0;

    for (size_t i = 0; i < len; i++)
        if (!strchr("\r\n", text[i])) {
            buf_putc(&digits, text[i]);
            padding += text[i] == '=';
        }
    int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)buf_text(&digits), (int)digits.len);
    assert_true(decoded >= 0);
    buf_append(out, bytes, (size_t)decoded - padding);
}

/* RFC 2047 6.2: blanks between two encoded words vanish. */
static char *words_decode(const char *value)
{
    auto_buf struct buf decoded = {0};
    static const char opening[] = "=?UTF-8?B?";
    size_t frame = sizeof opening - 1;

    while (*value) {
        if (strncmp(value, opening, frame) != 0) {
            buf_putc(&decoded, *value++);
            continue;
        }
        const char *end = strstr(value + frame, "?=");
        assert_non_null(end);
        assert_true(end + 2 - value <= 75);
        put_base64(&decoded, value + frame, (size_t)(end - value) - frame);
        value = end + 2;
        if (strncmp(value, " =?", 3) == 0)
            value++;
    }
    return buf_take(&decoded);
}

/* The value of the field whose line starts at line, without the folds. */
static char *unfold(const char *value)
{
    auto_buf struct buf line = {0};

    for (; *value; value++) {
        if (value[0] == '\r' && value[1] == '\n') {
            if (value[2] != ' ' && value[2] != '\t')
                break;
            value++;
            continue;
        }
        buf_putc(&line, *value);
    }
    return buf_take(&line);
}

char *mail_header(const char *mail, const char *name)
{
    const char *end = strstr(mail, "\r\n\r\n");
    char *found = NULL;
    size_t len = strlen(name);

    assert_non_null(end);
    for (const char *line = mail; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        assert_null(found);
        auto_free char *value = unfold(line + len + 1 + (line[len + 1] == ' '));
        found = words_decode(value);
    }
    return found;
}

static char *entity_body(const char *entity, const char *end, const char *type)
{
    auto_free char *found_type = mail_header(entity, "Content-Type");
    auto_free char *encoding = mail_header(entity, "Content-Transfer-Encoding");
    const char *body = strstr(entity, "\r\n\r\n") + 4;
    auto_buf struct buf decoded = {0};

    if (!found_type || strncmp(found_type, type, strlen(type)) != 0)
        return NULL;
    assert_string_equal(encoding, "base64");
    put_base64(&decoded, body, (size_t)(end - body));
    return buf_take(&decoded);
}

char *mail_body(const char *mail, const char *type)
{
    auto_free char *top = mail_header(mail, "Content-Type");
    const char *quoted = strstr(top, "boundary=\"");

    if (!quoted)
        return entity_body(mail, mail + strlen(mail), type);
    auto_free char *boundary = text_copy_n(quoted + 10, strcspn(quoted + 10, "\""));
    auto_free char *line = text_format("\r\n--%s", boundary);
    const char *part = strstr(mail, line);
    while (part && strncmp(part + strlen(line), "--", 2) != 0) {
        const char *end = strstr(part + strlen(line), line);
        assert_non_null(end);
        auto_free char *entity =
            text_copy_n(part + strlen(line) + 2, (size_t)(end - part) - strlen(line) - 2);
        char *body = entity_body(entity, entity + strlen(entity), type);
        if (body)
            return body;
        part = end;
    }
    return NULL;
}

void mail_assert_clean(const char *mail)
{
    size_t column = 0;

    for (const char *at = mail; *at; at++) {
        assert_true((unsigned char)*at < 0x80);
        assert_true(*at != '\n' || (at > mail && at[-1] == '\r'));
        assert_true(*at != '\r' || at[1] == '\n' || at[1] == '\0');
        column = *at == '\n' ? 0 : column + 1;
        assert_true(column <= 998);
    }
}

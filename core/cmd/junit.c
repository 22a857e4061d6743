#include "cmd/junit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/utf8.h"
#include "cmd/case_result.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF: they become U+FFFD
 * (https://www.w3.org/TR/xml/#charsets). Line ends and tabs are escaped, since a parser would make
 * blanks of them in an attribute. The text is valid UTF-8. */
static void escape(struct buf *xml, const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";

    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (strchr("&<>\"'\t\n\r", byte))
            buf_printf(xml, "&#%d;", byte);
        else if (byte < ' ')
            buf_puts(xml, replacement);
        else if (strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0)
            at += 2, buf_puts(xml, replacement);
        else
            buf_putc(xml, *at);
    }
}

static void attribute(struct buf *xml, const char *name, const char *value)
{
    buf_printf(xml, " %s=\"", name);
    escape(xml, value);
    buf_putc(xml, '"');
}

/* All faults in one <failure>: a testcase may have one. */
static void write_failure(struct buf *xml, const json_t *result)
{
    auto_free char *expected = case_sinks_text(json_object_get(result, "expected"));
    auto_free char *came = case_sinks_text(json_object_get(result, "came"));
    auto_buf struct buf message = {0}, body = {0};
    const json_t *fault, *why;
    size_t i, j;

    buf_printf(&body, "%s\nexpected: %s\ncame: %s\n", text_of(result, "at"), expected, came);
    json_array_foreach (json_object_get(result, "faults"), i, fault) {
        auto_free char *text = case_fault_text(fault);
        buf_printf(&message, "%s%s", i > 0 ? "; " : "", text);
        buf_printf(&body, "%s\n", text);
        json_array_foreach (json_object_get(fault, "why"), j, why)
            buf_printf(&body, "  %s\n", json_string_value(why));
    }
    buf_puts(xml, "\n      <failure");
    attribute(xml, "message", buf_text(&message));
    attribute(xml, "type", text_of(json_array_get(json_object_get(result, "faults"), 0), "fault"));
    buf_putc(xml, '>');
    escape(xml, buf_text(&body));
    buf_puts(xml, "</failure>\n    ");
}

static void write_case(struct buf *xml, const json_t *result)
{
    const char *at = text_of(result, "at"), *colon = strrchr(at, ':');
    auto_buf struct buf file = {0};

    buf_append(&file, at, colon ? (size_t)(colon - at) : strlen(at));
    buf_puts(xml, "    <testcase");
    attribute(xml, "classname", "tocsin.rules");
    attribute(xml, "name", text_of(result, "name"));
    attribute(xml, "file", buf_text(&file));
    attribute(xml, "line", colon ? colon + 1 : "");
    attribute(xml, "time", "0");
    buf_putc(xml, '>');
    if (!json_is_true(json_object_get(result, "ok")))
        write_failure(xml, result);
    buf_puts(xml, "</testcase>\n");
}

static size_t count_failures(const json_t *results)
{
    const json_t *result;
    size_t i, count = 0;

    json_array_foreach (results, i, result)
        count += !json_is_true(json_object_get(result, "ok"));
    return count;
}

bool junit_write(const char *path, const json_t *results, struct error *error)
{
    size_t count = json_array_size(results), failures = count_failures(results);
    auto_buf struct buf xml = {0};
    auto_fclose FILE *file = fopen(path, "we");
    const json_t *result;
    size_t i;

    buf_printf(&xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"0\">\n"
        "  <testsuite name=\"tocsin test\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
        "skipped=\"0\" time=\"0\">\n",
        count, failures, count, failures);
    json_array_foreach (results, i, result)
        write_case(&xml, result);
    buf_puts(&xml, "  </testsuite>\n</testsuites>\n");
    if (!file || fwrite(buf_text(&xml), 1, xml.len, file) != xml.len || fflush(file) != 0)
        return error_set(error, "write %s: %s", path, strerror(errno));
    return true;
}

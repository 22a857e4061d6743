#include "../cmocka_setup.h"

#include "teams_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "json_walk.h"
#include "message/escape.h"
#include "render_host.h"

struct render_host *teams_host_create(const char *url)
{
    auto_free char *pair = text_format("url=%s", url);
    const char *const pairs[] = {pair, NULL};

    return render_host_create(getenv("TOCSIN_PLUGIN"), pairs);
}

int teams_set_up(void **state)
{
    *state = teams_host_create(URL);
    return 0;
}

int teams_tear_down(void **state)
{
    render_host_destroy(*state);
    return 0;
}

json_t *rendered(struct render_host *host, const struct tocsin_message *message)
{
    const struct tocsin_request *request = render_host_render(host, message);

    assert_in_range(request->body_len, 1, BUDGET);
    return json_parse(request->body, request->body_len);
}

static void on_string(const json_t *holder, const char *name, const char *text, void *context)
{
    const char *type = json_string_value(json_object_get(holder, "type"));

    if (strcmp(name, "text") == 0 && strcmp(type, "TextRun") == 0) {
        buf_puts(context, text);
        buf_putc(context, '\n');
    }
}

char *visible_text(const json_t *envelope)
{
    struct buf text = {0};

    json_visit_strings(json_at(envelope, CARD ".body"), on_string, &text);
    return buf_take(&text);
}

char *repeated(const char *unit, size_t bytes)
{
    struct buf text = {0};

    while (text.len < bytes)
        buf_puts(&text, unit);
    return buf_take(&text);
}

char *as_value(const char *value)
{
    struct buf text = {0};

    escape_append(&text, FLAVOUR_TEAMS, value, strlen(value));
    return buf_take(&text);
}

#include "admin/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/exchange.h"
#include "admin/parameter.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/line.h"
#include "flow/operator.h"
#include "store/journal.h"

enum {
    longest_name = 64, /* code points */
};

bool inbox_check_reader(const char *name, struct error *error)
{
    auto_free char *line = one_line_copy(name, longest_name);

    return (*name && strcmp(name, line) == 0) ||
           error_set(
               error, "\"reader\" must be a name of 1 to %d characters, on one line", longest_name);
}

/* A mark that is under way. */
struct marking {
    struct admin_listener *admin;
    struct exchange *exchange;
    char *reader;
};

static void on_marked(const struct error *error, void *arg)
{
    struct marking *marking = arg;
    auto_json json_t *body = json_pack("{s:s}", "reader", marking->reader);
    auto_free char *text = json_dumps(body, JSON_COMPACT);

    marking->admin->marks += !error->text;
    if (error->text)
        exchange_refuse(marking->exchange, 503, error_text(error));
    else
        exchange_reply(marking->exchange, 200, text);
    free(marking->reader);
    free(marking);
}

static void mark(const struct admin_call *call, const struct store_mark_read *read)
{
    struct marking *marking = mem_alloc(sizeof *marking);

    marking->admin = call->admin;
    marking->exchange = exchange_begin(call->admin->server, call->request);
    marking->reader = text_copy(read->reader);
    flow_mark_read(call->admin->parts.flow, read, on_marked, marking);
}

void answer_inbox_read(const struct admin_call *call)
{
    const struct parameter_context context = {admin_ledger_id(call->admin), clock_wall_ms()};
    struct id_list ids = {0};
    struct store_mark_read read = {.reader = INBOX_EVERYONE};
    const struct parameter table[] = {
        {"reader", PARAMETER_TEXT, &read.reader},
        {"ids", PARAMETER_NOTIFICATIONS, &ids},
        {"until", PARAMETER_NOTIFICATION, &read.until},
    };
    auto_error struct error error = {0};

    if (!parameters_read(call->body, table, sizeof table / sizeof *table, &context, &error) ||
        !inbox_check_reader(read.reader, &error)) {
        admin_refuse(call, 400, error_text(&error));
        return;
    }
    if (!ids.count == !read.until) {
        admin_refuse(call, 400, "say which: \"ids\", or all \"until\" one of them");
        return;
    }
    read.ids = ids.items;
    read.id_count = ids.count;
    mark(call, &read);
}

#include "admin/listener.h"

#include <stdlib.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/reading.h"
#include "admin/stream.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "config/config.h"
#include "hook/server.h"
#include "sink/sink.h"
#include "store/journal.h"

enum {
    most_connections = 256,
    request_seconds = 30,
    header_bytes = 16384,
    body_bytes = 4 << 20,
};

void admin_reply(const struct admin_call *call, int status, const char *json)
{
    server_reply(call->admin->server, call->request, status, json);
}

void admin_refuse(const struct admin_call *call, int status, const char *reason)
{
    server_refuse(call->admin->server, call->request, status, reason);
}

const char *admin_ledger_id(const struct admin_listener *admin)
{
    struct journal *journal = admin->parts.journal;

    return journal->ops->ledger_id(journal);
}

struct sink *admin_find_sink(const struct admin_listener *admin, const char *name)
{
    for (size_t i = 0; i < admin->parts.sink_count; i++)
        if (strcmp(admin->parts.sinks[i]->name, name) == 0)
            return admin->parts.sinks[i];
    return NULL;
}

void admin_refuse_sink(const struct admin_call *call, int status, const char *name)
{
    const struct admin_parts *parts = &call->admin->parts;
    auto_free const char **names = mem_alloc(parts->sink_count * sizeof *names);

    for (size_t i = 0; i < parts->sink_count; i++)
        names[i] = parts->sinks[i]->name;
    const char *nearest = nearest_word(name, names, parts->sink_count);
    auto_free char *reason =
        nearest ? text_format("unknown sink \"%.80s\"; did you mean \"%s\"?", name, nearest)
                : text_format("unknown sink \"%.80s\"", name);
    admin_refuse(call, status, reason);
}

struct admin_listener *admin_listener_create(const struct admin_parts *parts, struct error *error)
{
    static const struct server_limits limits = {
        .connections = most_connections,
        .request_seconds = request_seconds,
        .header_bytes = header_bytes,
        .body_bytes = body_bytes,
    };
    struct admin_listener *admin = mem_alloc(sizeof *admin);

    admin->parts = *parts;
    admin->server =
        server_create(parts->base, &parts->config->admin, &limits, admin_route, admin, error);
    if (!admin->server) {
        free(admin);
        return NULL;
    }
    admin->readings = readings_create(parts->base, parts->config->ledger_path);
    admin->streams = streams_create(admin);
    return admin;
}

void admin_listener_reload(struct admin_listener *admin, const struct admin_parts *parts)
{
    admin->parts = *parts;
}

const char *admin_listener_address(const struct admin_listener *admin)
{
    return server_address(admin->server);
}

/* The server first: whoever waits for the reader is told to nobody then. */
bool admin_listener_destroy(struct admin_listener *admin)
{
    if (!admin)
        return true;
    streams_destroy(admin->streams);
    server_destroy(admin->server);
    bool all_back = readings_destroy(admin->readings);
    free(admin);
    return all_back;
}

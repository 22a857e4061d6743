/* What was looked up and decided for an event, and the deliveries that follow from it, in one
 * piece. */
#include "store/operations.h"

#include <inttypes.h>

#include "store/database.h"
#include "store/delivery.h"
#include "store/list.h"
#include "store/request.h"

struct routing {
    struct request base;
    struct store_route in;
    struct list routed;  /* of struct store_routed */
    struct list objects; /* of store_id */
    enum store_replay replay;
    store_route_done done;
};

static bool has_object(struct database *db, store_id object)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_HAS_OBJECT, WITH(number(object)));

    return statement_next(db, row);
}

/* Everything that could be refused, before anything is changed. */
static bool is_sound(struct routing *routing, struct database *db)
{
    const struct store_route *in = &routing->in;
    struct error *error = &routing->base.error;

    for (size_t i = 0; i < in->delivery_count; i++)
        if (in->deliveries[i].level < 0 || in->deliveries[i].level > STORE_HIGHEST_LEVEL)
            return error_set(error, "event %" PRId64 ": there is no level %d", in->event,
                in->deliveries[i].level);
    for (size_t i = 0; i < in->object_count; i++)
        if (!in->objects[i].bytes && in->objects[i].object &&
            !has_object(db, in->objects[i].object))
            return error_set(error, "event %" PRId64 ": object %" PRId64 " is not in the ledger",
                in->event, in->objects[i].object);
    return true;
}

static store_id attach(
    const struct store_object *object, size_t position, store_id event, struct database *db)
{
    bool is_stored = object->object && (!object->bytes || has_object(db, object->object));
    store_id id = is_stored ? object->object : 0;

    if (!is_stored && object->bytes) {
        id = ++db->marks.object;
        statement_run(db, SQL_INSERT_OBJECT, WITH(number(id), blob(object->bytes, object->len)));
    }
    statement_run(db, SQL_INSERT_ATTACHMENT,
        WITH(number(event), number((int64_t)position), text(object->name), text(object->status),
            id ? number(id) : text(NULL)));
    return id;
}

static const char *find_receipt(struct routing *routing, struct database *db, const char *sink)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_RECEIPT, WITH(text(sink), text(routing->in.thread)));

    return statement_next(db, row) ? column_text(&routing->base.pool, row, 0) : NULL;
}

static struct store_routed deliver(
    struct routing *routing, const struct store_delivery *delivery, struct database *db)
{
    const struct store_route *in = &routing->in;
    const struct new_delivery new = {
        .event = in->event,
        .sink = delivery->sink,
        .thread = in->thread,
        .rule = delivery->rule,
        .level = delivery->level,
        .due_ms = delivery->due_ms,
        .now_ms = in->now_ms,
        .wants_claim = delivery->claim,
    };

    if (routing->replay == STORE_REPLAY_MISSING && delivery_was_made(db, in->event, new.sink))
        return (struct store_routed){.state = STORE_FINISHED};
    struct store_routed routed = delivery_join(db, &new);
    if (routed.state == STORE_CLAIMED)
        routed.first_receipt = find_receipt(routing, db, delivery->sink);
    return routed;
}

static void list_attached(struct routing *routing, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_LIST_ATTACHED, WITH(number(routing->in.event)));

    while (statement_next(db, row))
        *(store_id *)list_add(&routing->objects, &routing->base.pool, sizeof(store_id)) =
            sqlite3_column_int64(row, 0);
}

static bool has_objects(struct routing *routing, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_HAS_ATTACHMENT, WITH(number(routing->in.event)));

    return statement_next(db, row);
}

/* A replay keeps what was looked up for the first decision. */
static void attach_all(struct routing *routing, struct database *db)
{
    const struct store_route *in = &routing->in;

    if (routing->replay != STORE_FIRST_TIME || has_objects(routing, db)) {
        list_attached(routing, db);
        return;
    }
    for (size_t i = 0; i < in->object_count; i++) {
        store_id id = attach(&in->objects[i], i, in->event, db);
        *(store_id *)list_add(&routing->objects, &routing->base.pool, sizeof id) = id;
    }
}

static void decide(struct routing *routing, struct database *db)
{
    const struct store_route *in = &routing->in;
    store_id first = db->marks.delivery + 1;

    db->marks.unrouted--;
    attach_all(routing, db);
    for (size_t i = 0; i < in->delivery_count; i++) {
        struct store_routed routed = deliver(routing, &in->deliveries[i], db);
        *(struct store_routed *)list_add(&routing->routed, &routing->base.pool, sizeof routed) =
            routed;
    }
    delivery_record(
        db, in->event, in->at_ms, first, db->marks.delivery + 1 - first, NULL, in->trace);
}

static enum store_state find_state(struct database *db, store_id delivery)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_FIND_STATE, WITH(number(delivery)));

    return statement_next(db, row) ? (enum store_state)sqlite3_column_int(row, 0) : STORE_FINISHED;
}

/* The event was routed before: the same answer as the last time. */
static void repeat(struct routing *routing, struct database *db)
{
    auto_reset sqlite3_stmt *last =
        statement_query(db, SQL_FIND_LAST_REPLAY, WITH(number(routing->in.event)));
    auto_reset sqlite3_stmt *decision =
        statement_query(db, SQL_FIND_DECISION, WITH(number(routing->in.event)));
    sqlite3_stmt *row = statement_next(db, last) ? last : decision;

    if (row == decision && !statement_next(db, row)) {
        error_set(
            &routing->base.error, "event %" PRId64 " is not in the ledger", routing->in.event);
        return;
    }
    store_id first = sqlite3_column_int64(row, 0), end = first + sqlite3_column_int64(row, 1);
    for (store_id id = first; id < end; id++) {
        struct store_routed routed = {.delivery = id, .state = find_state(db, id)};
        *(struct store_routed *)list_add(&routing->routed, &routing->base.pool, sizeof routed) =
            routed;
    }
    list_attached(routing, db);
}

static bool find_unrouted(struct routing *routing, struct database *db)
{
    auto_reset sqlite3_stmt *row =
        statement_query(db, SQL_FIND_UNROUTED, WITH(number(routing->in.event)));

    if (!statement_next(db, row))
        return false;
    routing->replay = (enum store_replay)sqlite3_column_int(row, 0);
    return true;
}

static bool take_unrouted(struct routing *routing, struct database *db)
{
    return find_unrouted(routing, db) &&
           statement_run(db, SQL_REMOVE_UNROUTED, WITH(number(routing->in.event)));
}

static void run(struct request *request, struct database *db)
{
    struct routing *routing = (struct routing *)request;

    routing->routed = routing->objects = (struct list){0};
    if (!is_sound(routing, db))
        return;
    if (take_unrouted(routing, db))
        decide(routing, db);
    else
        repeat(routing, db);
}

static void answer(const struct request *request)
{
    const struct routing *routing = (const struct routing *)request;

    if (request->error.text)
        routing->done(&request->error, NULL, 0, NULL, 0, request->arg);
    else
        routing->done(&request->error, routing->routed.items, routing->routed.count,
            routing->objects.items, routing->objects.count, request->arg);
}

static const struct operation operation = {
    .run = run, .answer = answer, .crash = CRASH_ROUTE_BEFORE_COMMIT};

static struct store_object *copy_objects(struct pool *pool, const struct store_route *route)
{
    struct store_object *objects =
        pool_copy(pool, route->objects, route->object_count * sizeof *objects);

    for (size_t i = 0; i < route->object_count; i++) {
        objects[i].name = pool_text_or_empty(pool, objects[i].name);
        objects[i].status = pool_text_or_empty(pool, objects[i].status);
        if (objects[i].bytes)
            objects[i].bytes = pool_copy(pool, objects[i].bytes, objects[i].len);
    }
    return objects;
}

static struct store_delivery *copy_deliveries(struct pool *pool, const struct store_route *route)
{
    struct store_delivery *deliveries =
        pool_copy(pool, route->deliveries, route->delivery_count * sizeof *deliveries);

    for (size_t i = 0; i < route->delivery_count; i++) {
        deliveries[i].sink = pool_text_or_empty(pool, deliveries[i].sink);
        deliveries[i].rule = pool_text_or_empty(pool, deliveries[i].rule);
    }
    return deliveries;
}

struct request *route_request(const struct store_route *route, store_route_done done, void *arg)
{
    struct routing *routing = request_create(sizeof *routing, &operation, arg);
    struct pool *pool = &routing->base.pool;

    routing->in = *route;
    routing->in.thread = pool_text_or_empty(pool, route->thread);
    routing->in.trace = pool_text(pool, route->trace);
    routing->in.objects = copy_objects(pool, route);
    routing->in.deliveries = copy_deliveries(pool, route);
    routing->done = done;
    return &routing->base;
}

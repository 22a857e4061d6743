/* The whole story of one event as JSON, read from the file by whoever may read it. */
#include "store/sqlite.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "event/document.h"
#include "store/journal.h"
#include "store/schema.h"

enum {
    reader_timeout_ms = 2000,
};

struct reader {
    sqlite3 *handle;
    struct error *error;
    bool has_failed;
};

static void finalize(sqlite3_stmt **row)
{
    sqlite3_finalize(*row);
}
#define auto_finalize __attribute__((cleanup(finalize)))

static void fail(struct reader *reader)
{
    if (!reader->has_failed)
        error_set(reader->error, "%s", sqlite3_errmsg(reader->handle));
    reader->has_failed = true;
}

/* A query with one or two numbers; NULL once something failed. */
static sqlite3_stmt *query(struct reader *reader, const char *sql, int64_t first, int64_t second)
{
    sqlite3_stmt *row = NULL;

    if (reader->has_failed)
        return NULL;
    if (sqlite3_prepare_v2(reader->handle, sql, -1, &row, NULL) != SQLITE_OK) {
        fail(reader);
        return NULL;
    }
    sqlite3_bind_int64(row, 1, first);
    if (sqlite3_bind_parameter_count(row) > 1)
        sqlite3_bind_int64(row, 2, second);
    return row;
}

static bool next(struct reader *reader, sqlite3_stmt *row)
{
    if (!row || reader->has_failed)
        return false;
    int code = sqlite3_step(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail(reader);
    return code == SQLITE_ROW;
}

/* What came from outside may be anything; a JSON text must be UTF-8. */
static json_t *json_words(const char *words, size_t len)
{
    size_t repaired_len;
    auto_free char *repaired = utf8_repair(words, len, &repaired_len);

    return json_stringn(repaired, repaired_len);
}

static json_t *text_or_null(sqlite3_stmt *row, int column)
{
    const char *words = (const char *)sqlite3_column_text(row, column);

    return words ? json_words(words, strlen(words)) : json_null();
}

static json_t *number_of(sqlite3_stmt *row, int column)
{
    return json_integer(sqlite3_column_int64(row, column));
}

static json_t *time_of(sqlite3_stmt *row, int column)
{
    char words[TIMESTAMP_SIZE];

    timestamp_format(sqlite3_column_int64(row, column), words);
    return json_string(words);
}

/* JSON bytes as the value that they are, other bytes as a string, NULL as null. */
static json_t *value_of(sqlite3_stmt *row, int column)
{
    const char *bytes = sqlite3_column_blob(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);

    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return json_null();
    if (!len)
        return json_string("");
    json_t *value = document_parse(bytes, len, NULL);
    return value ? value : json_words(bytes, len);
}

static json_t *read_objects(struct reader *reader, int64_t event)
{
    json_t *objects = json_array();
    auto_finalize sqlite3_stmt *row = query(reader,
        "SELECT a.name, a.status, o.bytes FROM attachment AS a"
        " LEFT JOIN object AS o ON o.id = a.object WHERE a.event = ?1 ORDER BY a.position",
        event, 0);

    while (next(reader, row))
        json_array_append_new(
            objects, json_pack("{s:o, s:o, s:o}", "name", text_or_null(row, 0), "status",
                         text_or_null(row, 1), "object", value_of(row, 2)));
    return objects;
}

static json_t *read_attempts(struct reader *reader, int64_t delivery)
{
    json_t *attempts = json_array();
    auto_finalize sqlite3_stmt *row = query(reader,
        "SELECT number, at, took, status, reason, reply, maybe_sent FROM attempt"
        " WHERE delivery = ?1 ORDER BY number",
        delivery, 0);

    while (next(reader, row))
        json_array_append_new(
            attempts, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "attempt", number_of(row, 0),
                          "at", time_of(row, 1), "took_ms", number_of(row, 2), "status",
                          number_of(row, 3), "reason", text_or_null(row, 4), "reply",
                          text_or_null(row, 5), "maybe_sent", sqlite3_column_int(row, 6)));
    return attempts;
}

static void add_unfinished(json_t *delivery, sqlite3_stmt *row)
{
    bool is_claimed = sqlite3_column_int(row, 6) == STORE_CLAIMED;

    json_object_set_new(delivery, "state", json_string(is_claimed ? "claimed" : "waiting"));
    json_object_set_new(delivery, "due", time_of(row, 7));
    json_object_set_new(delivery, "finished", json_null());
    json_object_set_new(delivery, "took_ms", json_null());
    json_object_set_new(delivery, "reason", json_null());
    json_object_set_new(delivery, "receipt", json_null());
}

static void add_outcome(json_t *delivery, sqlite3_stmt *row)
{
    static const char *const states[] = {
        [STORE_DELIVERED] = "delivered", [STORE_DEAD] = "dead", [STORE_SKIPPED] = "skipped"};
    int result = sqlite3_column_int(row, 6);
    bool is_known = result >= 0 && result <= STORE_SKIPPED && states[result];

    json_object_set_new(delivery, "state", json_string(is_known ? states[result] : "unknown"));
    json_object_set_new(delivery, "due", json_null());
    json_object_set_new(delivery, "finished", time_of(row, 7));
    json_object_set_new(delivery, "took_ms", number_of(row, 8));
    json_object_set_new(delivery, "reason", text_or_null(row, 9));
    json_object_set_new(delivery, "receipt", text_or_null(row, 10));
}

/* Both queries begin with the same six columns. */
static json_t *read_delivery(struct reader *reader, sqlite3_stmt *row,
    void (*add_state)(json_t *delivery, sqlite3_stmt *row))
{
    json_t *delivery = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "delivery", number_of(row, 0),
        "sink", text_or_null(row, 1), "rule", text_or_null(row, 2), "level", number_of(row, 3),
        "attempts", number_of(row, 4), "created", time_of(row, 5));

    add_state(delivery, row);
    json_object_set_new(
        delivery, "failed_attempts", read_attempts(reader, sqlite3_column_int64(row, 0)));
    return delivery;
}

static json_t *read_deliveries(struct reader *reader, int64_t first, int64_t end)
{
    json_t *deliveries = json_array();
    auto_finalize sqlite3_stmt *outcome = query(reader,
        "SELECT delivery, sink, rule, level, attempts, created, result, finished, took, reason,"
        " receipt FROM outcome WHERE delivery = ?1",
        first, 0);
    auto_finalize sqlite3_stmt *unfinished = query(reader,
        "SELECT id, sink, rule, level, attempts, created, state, due FROM delivery WHERE id = ?1",
        first, 0);

    for (int64_t id = first; id < end && !reader->has_failed; id++) {
        sqlite3_bind_int64(outcome, 1, id);
        sqlite3_bind_int64(unfinished, 1, id);
        if (next(reader, outcome))
            json_array_append_new(deliveries, read_delivery(reader, outcome, add_outcome));
        else if (next(reader, unfinished))
            json_array_append_new(deliveries, read_delivery(reader, unfinished, add_unfinished));
        sqlite3_reset(outcome);
        sqlite3_reset(unfinished);
    }
    return deliveries;
}

static void add_decision(struct reader *reader, json_t *story, int64_t event)
{
    int64_t first = 0, count = 0;
    auto_finalize sqlite3_stmt *row =
        query(reader, "SELECT trace, first, count FROM decision WHERE event = ?1", event, 0);
    bool is_routed = next(reader, row);

    if (is_routed) {
        first = sqlite3_column_int64(row, 1);
        count = sqlite3_column_int64(row, 2);
    }
    json_object_set_new(story, "state", json_string(is_routed ? "routed" : "unrouted"));
    json_object_set_new(story, "objects", read_objects(reader, event));
    json_object_set_new(story, "trace", is_routed ? value_of(row, 0) : json_null());
    json_object_set_new(story, "deliveries", read_deliveries(reader, first, first + count));
}

static json_t *read_story(struct reader *reader, int64_t event)
{
    auto_finalize sqlite3_stmt *row = query(reader,
        "SELECT e.hook, e.type, e.action, e.thread, e.at, d.count, e.body FROM event AS e"
        " LEFT JOIN duplicate AS d ON d.event = e.id WHERE e.id = ?1",
        event, 0);

    if (!next(reader, row)) {
        if (!reader->has_failed)
            error_set(reader->error, "event %" PRId64 " is not in it", event);
        return NULL;
    }
    json_t *story = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "event",
        (json_int_t)event, "hook", text_or_null(row, 0), "type", text_or_null(row, 1), "action",
        text_or_null(row, 2), "thread", text_or_null(row, 3), "accepted", time_of(row, 4),
        "duplicates", number_of(row, 5), "body", value_of(row, 6));
    add_decision(reader, story, event);
    return story;
}

static bool connect_reader(struct reader *reader, const char *path)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    if (sqlite3_open_v2(path, &reader->handle, flags, NULL) != SQLITE_OK) {
        int system = sqlite3_system_errno(reader->handle);
        return error_set(
            reader->error, "%s", system ? strerror(system) : sqlite3_errmsg(reader->handle));
    }
    sqlite3_busy_timeout(reader->handle, reader_timeout_ms);
    return schema_check_current(reader->handle, reader->error);
}

/* One transaction: the story is that of one moment. */
char *sqlite_read_event(const char *path, int64_t id, struct error *error)
{
    struct reader reader = {.error = error};
    char *words = NULL;

    if (connect_reader(&reader, path)) {
        if (sqlite3_exec(reader.handle, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
            fail(&reader);
        auto_json json_t *story = read_story(&reader, id);
        if (story && !reader.has_failed) {
            words = json_dumps(story, JSON_COMPACT | JSON_ENCODE_ANY);
            if (!words)
                mem_exhausted();
        }
    }
    sqlite3_close(reader.handle);
    if (!words)
        error_wrap(error, "read the ledger %s", path);
    return words;
}

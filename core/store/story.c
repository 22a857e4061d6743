/* The whole story of one event as JSON. */
#include "store/reader.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "event/document.h"

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

static json_t *read_objects(struct database *db, store_id event)
{
    json_t *objects = json_array();
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_LOAD_OBJECTS, WITH(number(event)));

    while (statement_next(db, row))
        json_array_append_new(
            objects, json_pack("{s:o, s:o, s:o}", "name", text_or_null(row, 0), "status",
                         text_or_null(row, 1), "object", value_of(row, 2)));
    return objects;
}

static json_t *read_attempts(struct database *db, store_id delivery)
{
    json_t *attempts = json_array();
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_ATTEMPTS, WITH(number(delivery)));

    while (statement_next(db, row))
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

/* Both statements begin with the same six columns. */
static json_t *tell_delivery(
    struct database *db, sqlite3_stmt *row, void (*add_state)(json_t *delivery, sqlite3_stmt *row))
{
    json_t *delivery = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "delivery", number_of(row, 0),
        "sink", text_or_null(row, 1), "rule", text_or_null(row, 2), "level", number_of(row, 3),
        "attempts", number_of(row, 4), "created", time_of(row, 5));

    add_state(delivery, row);
    json_object_set_new(
        delivery, "failed_attempts", read_attempts(db, sqlite3_column_int64(row, 0)));
    return delivery;
}

static void read_delivery(struct database *db, store_id delivery, json_t *deliveries)
{
    auto_reset sqlite3_stmt *outcome =
        statement_query(db, SQL_READ_OUTCOME, WITH(number(delivery)));
    auto_reset sqlite3_stmt *unfinished =
        statement_query(db, SQL_READ_UNFINISHED, WITH(number(delivery)));

    if (statement_next(db, outcome))
        json_array_append_new(deliveries, tell_delivery(db, outcome, add_outcome));
    else if (statement_next(db, unfinished))
        json_array_append_new(deliveries, tell_delivery(db, unfinished, add_unfinished));
}

/* Of a row that begins with the first number and the count. */
static json_t *read_deliveries(struct database *db, sqlite3_stmt *row)
{
    store_id first = sqlite3_column_int64(row, 0), end = first + sqlite3_column_int64(row, 1);
    json_t *deliveries = json_array();

    for (store_id id = first; id < end; id++)
        read_delivery(db, id, deliveries);
    return deliveries;
}

static void add_decision(struct database *db, json_t *story, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_DECISION, WITH(number(event)));
    bool is_routed = statement_next(db, row);

    json_object_set_new(story, "state", json_string(is_routed ? "routed" : "unrouted"));
    json_object_set_new(story, "trace", is_routed ? value_of(row, 2) : json_null());
    json_object_set_new(story, "deliveries", is_routed ? read_deliveries(db, row) : json_array());
}

/* What came to it after its decision: retries, moves, replays; and, where it was lost before it was
 * routed, the record of that. */
static void add_later(struct database *db, json_t *story, store_id event)
{
    json_t *all = json_array();
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_LATER, WITH(number(event)));

    while (statement_next(db, row))
        json_array_append_new(all,
            json_pack("{s:o, s:o, s:o, s:o}", "kind", text_or_null(row, 4), "at", time_of(row, 3),
                "trace", value_of(row, 2), "deliveries", read_deliveries(db, row)));
    json_object_set_new(story, "later", all);
}

static json_t *read_story(struct database *db, store_id event)
{
    auto_reset sqlite3_stmt *row = statement_query(db, SQL_READ_EVENT, WITH(number(event)));

    if (!statement_next(db, row))
        return NULL;
    json_t *story = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "event",
        (json_int_t)event, "hook", text_or_null(row, 0), "type", text_or_null(row, 1), "action",
        text_or_null(row, 2), "thread", text_or_null(row, 3), "accepted", time_of(row, 4),
        "duplicates", number_of(row, 5), "body", value_of(row, 6));
    json_object_set_new(story, "objects", read_objects(db, event));
    add_decision(db, story, event);
    add_later(db, story, event);
    return story;
}

char *reader_get_event(struct archive *archive, store_id event, struct error *error)
{
    struct reader *reader = reader_of(archive);

    if (!reader_begin(reader, error))
        return NULL;
    auto_json json_t *story = read_story(&reader->db, event);
    if (!reader_end(reader, error))
        return NULL;
    if (!story) {
        error_set(error, "event %" PRId64 " is not in the ledger %s", event, reader->db.path);
        return NULL;
    }
    char *words = json_dumps(story, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!words)
        mem_exhausted();
    return words;
}

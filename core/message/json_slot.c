#include "message/json_slot.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "event/value.h"
#include "message/format.h"

enum {
    real_digits = 15, /* as `|json` has it */
};

void json_slot_move(struct json_slot *slot, const char *text, size_t len)
{
    for (; slot->at < len; slot->at++) {
        char byte = text[slot->at];
        if (slot->is_escaped)
            slot->is_escaped = false;
        else if (byte == '"')
            slot->in_string = !slot->in_string;
        else
            slot->is_escaped = byte == '\\' && slot->in_string;
    }
}

static void put_whole(const json_t *value, struct buf *out)
{
    auto_free char *text = json_dumps(value ? value : json_null(),
        JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(real_digits));

    buf_puts(out, text);
}

static void put_inside(const json_t *value, struct buf *out)
{
    char scratch[VALUE_TEXT_SIZE];
    auto_free char *made = NULL;
    auto_json json_t *string = value_of_text(format_text(value, scratch, &made));
    auto_free char *quoted = json_dumps(string, JSON_ENCODE_ANY);

    buf_append(out, quoted + 1, strlen(quoted) - 2);
}

void json_slot_put(const struct json_slot *slot, const json_t *value, struct buf *out)
{
    assert(!slot->is_escaped);
    if (slot->in_string)
        put_inside(value, out);
    else
        put_whole(value, out);
}

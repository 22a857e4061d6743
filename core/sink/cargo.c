#include "sink/cargo.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/parcel.h"
#include "config/options.h"
#include "sink/call.h"
#include "sink/plugin.h"

/* The fewest bytes of what there may be many of, as it is packed here. */
enum {
    pair_least = 2 * PARCEL_TEXT_LEAST, /* of a map, or a fact */
    option_least = 4 * PARCEL_TEXT_LEAST + 3 * (int)sizeof(uint32_t),
};

static void carry_i32(struct parcel *parcel, int32_t *value)
{
    uint32_t number = (uint32_t)*value;

    parcel_u32(parcel, &number);
    if (!parcel_is_packed(parcel))
        *value = (int32_t)number;
}

static void carry_u64(struct parcel *parcel, uint64_t *value)
{
    int64_t number = (int64_t)*value;

    parcel_i64(parcel, &number);
    if (!parcel_is_packed(parcel))
        *value = (uint64_t)number;
}

static void *find_room(struct call *call, size_t size)
{
    return call ? call_alloc(call, size) : mem_alloc(size);
}

static void carry_facts(struct parcel *parcel, struct call *call, struct tocsin_message *message)
{
    size_t count = message->fact_count, stride = message->fact_stride;
    const char *packed = (const char *)message->facts;

    parcel_count(parcel, &count, pair_least);
    struct tocsin_fact *facts =
        parcel_is_packed(parcel) ? NULL : find_room(call, (count + 1) * sizeof *facts);
    for (size_t i = 0; i < count; i++) {
        struct tocsin_fact fact = {0};
        if (!facts)
            memcpy(&fact, packed + i * stride, sizeof fact);
        parcel_text(parcel, &fact.label);
        parcel_text(parcel, &fact.value);
        if (facts)
            facts[i] = fact;
    }
    if (!facts)
        return;
    message->fact_count = (uint32_t)count;
    message->fact_stride = sizeof *facts;
    message->facts = facts;
}

void cargo_message(struct parcel *parcel, struct call *call, struct tocsin_message *message)
{
    const char **texts[] = {&message->delivery, &message->event, &message->sink, &message->rule,
        &message->type, &message->action, &message->hook, &message->thread, &message->title,
        &message->text, &message->text_plain, &message->link, &message->resume,
        &message->first_receipt};

    if (!parcel_is_packed(parcel))
        *message = (struct tocsin_message){.size = sizeof *message};
    parcel_u32(parcel, &message->attempt);
    parcel_u32(parcel, &message->level);
    parcel_u32(parcel, &message->marks);
    carry_i32(parcel, &message->urgency);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        parcel_text(parcel, texts[i]);
    parcel_i64(parcel, &message->time_ms);
    parcel_i64(parcel, &message->now_ms);
    carry_facts(parcel, call, message);
}

/* Texts with NULL at the end; the list itself may be NULL. */
static void carry_texts(struct parcel *parcel, struct call *call, const char *const **list)
{
    const char *const *given = parcel_is_packed(parcel) ? *list : NULL;
    bool is_there = given != NULL;
    size_t count = 0;

    parcel_bool(parcel, &is_there);
    if (!is_there)
        return;
    while (given && given[count])
        count++;
    parcel_count(parcel, &count, PARCEL_TEXT_LEAST);
    const char **texts =
        parcel_is_packed(parcel) ? NULL : find_room(call, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const char *text = given ? given[i] : NULL;
        parcel_text(parcel, &text);
        if (texts)
            texts[i] = text;
    }
    if (texts)
        *list = texts;
}

void cargo_request(struct parcel *parcel, struct call *call, struct tocsin_request *request)
{
    if (!parcel_is_packed(parcel))
        *request = (struct tocsin_request){.size = sizeof *request};
    else if (request->body && !request->body_len)
        request->body_len = strlen(request->body);
    parcel_text(parcel, &request->method);
    parcel_text(parcel, &request->url);
    parcel_bytes(parcel, &request->body, &request->body_len);
    carry_texts(parcel, call, &request->headers);
    parcel_text(parcel, &request->refusal);
    carry_texts(parcel, call, &request->allow);
}

void cargo_outcome(struct parcel *parcel, struct tocsin_outcome *outcome)
{
    if (!parcel_is_packed(parcel))
        *outcome = (struct tocsin_outcome){.size = sizeof *outcome};
    parcel_u32(parcel, &outcome->result);
    parcel_i64(parcel, &outcome->retry_after_ms);
    parcel_u32(parcel, &outcome->maybe_sent);
    parcel_text(parcel, &outcome->reason);
    parcel_text(parcel, &outcome->receipt);
    parcel_text(parcel, &outcome->resume);
    parcel_text(parcel, &outcome->notice);
}

void cargo_answer(struct parcel *parcel, struct http_answer *answer)
{
    uint32_t status = (uint32_t)answer->status;
    uint64_t body_len = answer->body_len, head_len = 0;

    if (parcel_is_packed(parcel))
        head_len = http_headers_len(answer->headers);
    parcel_u32(parcel, &status);
    parcel_i64(parcel, &answer->retry_after_ms);
    parcel_bytes(parcel, &answer->body, &body_len);
    parcel_bytes(parcel, &answer->headers, &head_len);
    answer->status = (int)status;
    answer->body_len = (size_t)body_len;
}

static void carry_list(struct parcel *parcel, struct tocsin_list *list)
{
    parcel_count(parcel, &list->count, PARCEL_TEXT_LEAST);
    const char **items =
        parcel_is_packed(parcel) ? NULL : mem_alloc((list->count + 1) * sizeof *items);
    for (size_t i = 0; i < list->count; i++) {
        const char *item = items ? NULL : list->items[i];
        parcel_text(parcel, &item);
        if (items)
            items[i] = item;
    }
    if (items)
        list->items = items;
}

static void carry_map(struct parcel *parcel, struct tocsin_map *map)
{
    parcel_count(parcel, &map->count, pair_least);
    struct tocsin_pair *pairs =
        parcel_is_packed(parcel) ? NULL : mem_alloc((map->count + 1) * sizeof *pairs);
    for (size_t i = 0; i < map->count; i++) {
        struct tocsin_pair pair = pairs ? (struct tocsin_pair){0} : map->items[i];
        parcel_text(parcel, &pair.key);
        parcel_text(parcel, &pair.value);
        if (pairs)
            pairs[i] = pair;
    }
    if (pairs)
        map->items = pairs;
}

static void carry_member(struct parcel *parcel, uint32_t type, void *member)
{
    switch (type) {
    case TOCSIN_TEXT:
    case TOCSIN_SECRET: /* a struct of one text */
        parcel_text(parcel, member);
        break;
    case TOCSIN_BOOL:
        parcel_bool(parcel, member);
        break;
    case TOCSIN_INT:
    case TOCSIN_DURATION: /* a struct of one int64_t */
        parcel_i64(parcel, member);
        break;
    case TOCSIN_SIZE:
        carry_u64(parcel, &((struct tocsin_size *)member)->bytes);
        break;
    case TOCSIN_CHOICE:
        parcel_u32(parcel, &((struct tocsin_choice *)member)->index);
        break;
    case TOCSIN_LIST:
        carry_list(parcel, member);
        break;
    case TOCSIN_MAP:
        carry_map(parcel, member);
        break;
    default:
        assert(false); /* options_fault() lets no other type pass */
    }
}

void cargo_config(struct parcel *parcel, const struct plugin *plugin, void *config)
{
    for (size_t i = 0; i < plugin->options.count; i++) {
        const struct tocsin_option *option = option_at(&plugin->options, i);
        carry_member(parcel, option->type, (char *)config + option->offset);
    }
}

static void carry_option(struct parcel *parcel, struct tocsin_option *option)
{
    parcel_text(parcel, &option->name);
    parcel_u32(parcel, &option->type);
    parcel_u32(parcel, &option->flags);
    parcel_u32(parcel, &option->offset);
    parcel_text(parcel, &option->fallback);
    parcel_text(parcel, &option->choices);
    parcel_text(parcel, &option->help);
}

static void carry_options(struct parcel *parcel, struct plugin *plugin)
{
    struct tocsin_sink_plugin *descriptor = &plugin->descriptor;
    size_t count = plugin->options.count;

    parcel_count(parcel, &count, option_least);
    struct tocsin_option *options =
        parcel_is_packed(parcel) ? NULL : mem_alloc((count + 1) * sizeof *options);
    for (size_t i = 0; i < count; i++) {
        struct tocsin_option option =
            options ? (struct tocsin_option){0} : *option_at(&plugin->options, i);
        carry_option(parcel, &option);
        if (options)
            options[i] = option;
    }
    if (!options)
        return;
    descriptor->options = options;
    descriptor->option_count = (uint32_t)count;
    descriptor->option_stride = sizeof *options;
}

void cargo_plugin(struct parcel *parcel, struct plugin *plugin)
{
    struct tocsin_sink_plugin *descriptor = &plugin->descriptor;

    parcel_text(parcel, &descriptor->name);
    parcel_text(parcel, &descriptor->version);
    parcel_text(parcel, &descriptor->help);
    parcel_u32(parcel, &descriptor->flavour);
    parcel_u32(parcel, &descriptor->config_size);
    parcel_text(parcel, &descriptor->rate);
    parcel_u32(parcel, &descriptor->concurrency);
    parcel_u32(parcel, &descriptor->max_text);
    parcel_bool(parcel, &plugin->blocks);
    parcel_bool(parcel, &plugin->judges);
    parcel_bool(parcel, &plugin->checks);
    carry_options(parcel, plugin);
}

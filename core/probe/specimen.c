#include "probe/specimen.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/facts.h"
#include "event/line.h"
#include "event/view.h"
#include "message/escape.h"
#include "message/sample.h"
#include "sink/face.h"

enum {
    huge_text = 1 << 20,
    longest_title = 512, /* code points, as the host cuts it */
    many_facts = 200,
    now_ms = 1777880000, /* and three zeros: some fixed time */
    later_members = 64,  /* bytes that a later host may append to a message */
};

/* What an attacker may write into an alert: the ends of JSON, of forms, headers, HTML and shells;
 * formats, templates, markup and mentions; controls, a change of writing direction, and bytes that
 * are no UTF-8. */
static const char hostile[] =
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): it is there to mislead */
    "\"},\"" SPECIMEN_INJECTED "\":\"1\",\"x\":{\"y\":[\"\\\" %n%n%s%s%1000d ${HOME} $(id) `id` "
    "{{" SPECIMEN_INJECTED "}} {{{x}}} &" SPECIMEN_INJECTED "=1&x=\r\n" SPECIMEN_INJECTED
    ": 1\r\n\r\nGET / <" SPECIMEN_INJECTED "> </p><script>alert(1)</script>]]> "
    "[click](https://evil.example/) ![x](https://evil.example/x) <https://evil.example|click> "
    "@channel @here <!channel> <@U1> <at>all</at> **b** __i__ ~~s~~ ||s|| # h\n> q\n```\n* l "
    "\xe2\x80\xae gnp.exe \xe2\x81\xa6 \x01\x02\x1b[31m\x7f \xff\xfe \xc3( \xed\xa0\x80 "
    "\xf0\x9f\x94\xa5 \xe2\x80\xa8 \xef\xbb\xbf ../../etc/passwd ; rm -rf / ' -- \\";

static char *own(struct specimen *specimen, void *memory)
{
    specimen->owned[specimen->owned_count++] = memory;
    return memory;
}

/* As it would be stored: valid UTF-8, and no more. */
static char *stored(const char *text)
{
    return utf8_repair(text, strlen(text), NULL);
}

/* Strings that hold anything; the caller frees the text. */
static char *write_event(const char *value)
{
    auto_free char *valid = stored(value);
    auto_json json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:{s:s, s:s}}, s:{s:{s:s}}}",
        "id", "probe-e1", "hook", "probe", "type", "alert", "action", "created", "body", "type",
        "alert", "attributes", "uuid", "7a1f0c52-3b44-4e0d-8a61-5d0f2b9c1e10", "title", valid,
        "objects", "alert", "title", valid);

    return json_dumps(event, JSON_COMPACT);
}

static struct message *make_plain(enum flavour flavour)
{
    const struct view_context context = {.event_id = "probe-e1",
        .hook = "probe",
        .app_url = "https://app.example.org",
        .accepted_ms = (int64_t)now_ms * 1000,
        .levels = {80, 75, 50, 1}};
    const struct message_order order = {
        .flavour = flavour, .rule = "a rule", .now_ms = (int64_t)now_ms * 1000};
    struct samples samples;

    samples_init(&samples, &context);
    struct message *message = message_create(samples.items[0].view, &order);
    samples_finish(&samples);
    return message;
}

/* Each begins as the plain one. */
static struct specimen *add(struct specimens *specimens, const char *name)
{
    struct specimen *specimen = &specimens->items[specimens->count++];

    specimen->name = name;
    specimen->event = sample_export(0);
    specimen->message = (struct tocsin_message){
        .attempt = 1,
        .delivery = "probe-d1",
        .event = "probe-e1",
        .sink = "probe",
        .rule = "a rule",
        .type = "alert",
        .action = "created",
        .hook = "probe",
        .thread = "alert:7a1f0c52-3b44-4e0d-8a61-5d0f2b9c1e10",
        .time_ms = (int64_t)now_ms * 1000 - 1234,
        .now_ms = (int64_t)now_ms * 1000,
    };
    struct tocsin_fact *facts = mem_alloc(FACTS_MOST * sizeof *facts);
    face_fill(&specimen->message, (void *)own(specimen, facts), specimens->plain);
    return specimen;
}

static void add_empty(struct specimens *specimens)
{
    struct specimen *specimen = add(specimens, "empty");
    struct tocsin_message *message = &specimen->message;

    free(specimen->event);
    specimen->event = text_copy("{}");
    message->title = "-"; /* it never is empty */
    message->text = message->text_plain = message->thread = message->rule = message->action = "";
    message->hook = "";
    message->link = NULL;
    message->facts = NULL;
    message->fact_count = 0;
    message->urgency = -1;
    message->level = TOCSIN_INFO;
}

/* The text in the flavour and plain, the title cut: by the host's own functions. */
static void set_texts(struct specimen *specimen, enum flavour flavour, const char *raw)
{
    struct buf text = {0}, plain = {0};
    auto_free char *valid = stored(raw);

    escape_append(&text, flavour, valid, strlen(valid));
    escape_append(&plain, FLAVOUR_PLAIN, valid, strlen(valid));
    specimen->message.text = own(specimen, buf_take(&text));
    specimen->message.text_plain = own(specimen, buf_take(&plain));
    specimen->message.title = own(specimen, one_line_copy(valid, longest_title));
    free(specimen->event);
    specimen->event = write_event(raw);
}

static void set_facts(
    struct specimen *specimen, uint32_t count, size_t stride, const char *label, const char *value)
{
    char *facts = own(specimen, mem_alloc(count * stride));

    for (uint32_t i = 0; i < count; i++)
        *(struct tocsin_fact *)(void *)(facts + i * stride) = (struct tocsin_fact){label, value};
    specimen->message.facts = (const void *)facts;
    specimen->message.fact_count = count;
    specimen->message.fact_stride = (uint32_t)stride;
}

static void add_huge(struct specimens *specimens, enum flavour flavour)
{
    static const char words[] = "A line of many words, none of which says anything new. \xc3\xa9\n";
    struct specimen *specimen = add(specimens, "huge");
    auto_buf struct buf raw = {0};

    while (raw.len < huge_text)
        buf_puts(&raw, words);
    set_texts(specimen, flavour, buf_text(&raw));
    const char *label = own(specimen, one_line_copy(buf_text(&raw), 100));
    const char *value = own(specimen, one_line_copy(buf_text(&raw), 2000));
    set_facts(specimen, FACTS_MOST, sizeof(struct tocsin_fact), label, value);
}

static void add_hostile(struct specimens *specimens, enum flavour flavour)
{
    struct specimen *specimen = add(specimens, "hostile");
    auto_free char *valid = stored(hostile);
    const char *line = own(specimen, one_line_copy(valid, 300));
    const char *words = own(specimen, TAKE(valid));
    struct tocsin_message *message = &specimen->message;

    set_texts(specimen, flavour, hostile);
    set_facts(specimen, 5, sizeof(struct tocsin_fact), line, line);
    /* Whoever posts an event chooses these, and the host hands them on. */
    message->type = message->action = message->thread = words;
    message->rule = message->sink = message->hook = line;
    message->link = "https://app.example.org/alerts/%22%7D%2C%7B?x=%3Cscript%3E&y='()*$";
}

static void add_many_facts(struct specimens *specimens)
{
    struct specimen *specimen = add(specimens, "many facts");

    set_facts(specimen, many_facts, sizeof(struct tocsin_fact), "A label of some length",
        "A value that is as long as such values are: FS-RENNES-02 (10.44.0.8)");
}

/* Of a host that knows more: longer structs, levels and marks that do not exist yet. */
static void add_later(struct specimens *specimens)
{
    struct specimen *specimen = add(specimens, "of a later host");
    struct tocsin_message *message = &specimen->message;

    set_facts(specimen, 2, sizeof(struct tocsin_fact) + later_members, "Label", "Value");
    message->level = TOCSIN_URGENT + 1;
    message->marks = 0x80000000u;
    message->urgency = 1000;
    message->size += later_members;
}

static void add_marked(
    struct specimens *specimens, const char *name, uint32_t marks, uint32_t attempt)
{
    struct specimen *specimen = add(specimens, name);

    specimen->message.marks = marks;
    specimen->message.attempt = attempt;
}

void specimens_init(struct specimens *specimens, enum flavour flavour)
{
    *specimens = (struct specimens){
        .items = mem_alloc(16 * sizeof *specimens->items), .plain = make_plain(flavour)};
    add(specimens, "plain");
    add_empty(specimens);
    add_hostile(specimens, flavour);
    add_huge(specimens, flavour);
    add_marked(specimens, "not enriched", TOCSIN_NOT_ENRICHED, 1);
    add_marked(specimens, "repeated", TOCSIN_REPEAT, 2);
    add_marked(specimens, "by fallback", TOCSIN_FALLBACK, 7);
    struct specimen *resumed = add(specimens, "with resume");
    resumed->message.resume = "what a later version of this plugin left: {\"odd\": [1, \"%n\"]";
    resumed->message.first_receipt = "receipt of the first, odd as well: \"%s\" <1>";
    resumed->message.attempt = 2;
    add(specimens, "without link")->message.link = NULL;
    add_many_facts(specimens);
    add_later(specimens);
}

void specimens_finish(struct specimens *specimens)
{
    for (size_t i = 0; i < specimens->count; i++) {
        for (size_t j = 0; j < specimens->items[i].owned_count; j++)
            free(specimens->items[i].owned[j]);
        free(specimens->items[i].event);
    }
    free(specimens->items);
    message_destroy(specimens->plain);
    *specimens = (struct specimens){0};
}

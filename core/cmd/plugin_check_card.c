#include "cmd/plugin_check_card.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "probe/exports.h"
#include "probe/board.h"

static json_t *list_texts(char *const *texts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *list_reasons(const struct probe_board *board, enum probe_check check)
{
    json_t *reasons = json_array();

    for (uint32_t i = 0; i < board->finding_count; i++)
        if (board->findings[i].check == check)
            json_array_append_new(reasons, json_string(board->findings[i].words));
    return reasons;
}

/* Memory is looked after as long as a sanitizer or valgrind has it; calls, by nothing going wrong.
 */
static const char *result_of(const struct probe_board *board, enum probe_check check)
{
    if (probe_board_count(board, check) > 0)
        return "failed";
    if (!board->is_checked[check])
        return "not finished";
    return board->is_not_applicable[check] ? "not applicable" : "ok";
}

static json_t *card_checks(const struct probe_board *board)
{
    json_t *checks = json_array();

    for (int i = 0; i < CHECK_COUNT; i++)
        json_array_append_new(
            checks, json_pack("{s:s, s:s, s:s, s:o}", "name", probe_check_name((enum probe_check)i),
                        "result", result_of(board, (enum probe_check)i), "note", board->notes[i],
                        "reasons", list_reasons(board, (enum probe_check)i)));
    return checks;
}

json_t *card_create(
    const char *file, const struct exports *exports, const struct probe_board *board)
{
    bool is_passed = board->finding_count == 0;

    for (int i = 0; i < CHECK_COUNT; i++)
        is_passed = is_passed && board->is_checked[i];
    json_t *about = *board->about ? json_loads(board->about, 0, NULL) : NULL;
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:b}", "file", file, "bytes",
        (json_int_t)exports->bytes, "needs", list_texts(exports->needs, exports->need_count),
        "plugin", about ? about : json_null(), "checks", card_checks(board), "passed", is_passed);
}

bool card_is_passed(const json_t *card)
{
    return json_is_true(json_object_get(card, "passed"));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void print_list(const char *heading, const json_t *list)
{
    const json_t *word;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    printf("  %-10s", heading);
    json_array_foreach (list, i, word)
        printf("%s%s", i ? ", " : "", json_string_value(word));
    putchar('\n');
}

static void print_option(const json_t *option)
{
    const char *fallback = json_string_value(json_object_get(option, "default"));

    printf("    %s (%s%s%s", text_of(option, "name"), text_of(option, "type"),
        json_is_true(json_object_get(option, "required")) ? ", required" : "",
        json_is_true(json_object_get(option, "secret")) ? ", hidden" : "");
    if (fallback)
        printf(", default %s", *fallback ? fallback : "\"\"");
    printf("): %s\n", text_of(option, "help"));
}

static void print_plugin(const json_t *card, const json_t *plugin)
{
    const json_t *option;
    size_t i;

    printf("%s %s: %s\n", text_of(plugin, "name"), text_of(plugin, "version"),
        text_of(plugin, "help"));
    printf("  %-10s%s, %" JSON_INTEGER_FORMAT " bytes\n", "file", text_of(card, "file"),
        json_integer_value(json_object_get(card, "bytes")));
    print_list("needs", json_object_get(card, "needs"));
    printf("  %-10s%s, text as %s", "shape", text_of(plugin, "shape"), text_of(plugin, "flavour"));
    if (*text_of(plugin, "rate"))
        printf(", %s", text_of(plugin, "rate"));
    if (json_integer_value(json_object_get(plugin, "max_text")))
        printf(", shows %" JSON_INTEGER_FORMAT " characters of a text",
            json_integer_value(json_object_get(plugin, "max_text")));
    putchar('\n');
    print_list("functions", json_object_get(plugin, "functions"));
    puts("  options");
    json_array_foreach (json_object_get(plugin, "options"), i, option)
        print_option(option);
}

static void print_check(const json_t *check)
{
    const json_t *reason;
    size_t i;
    bool is_failed = strcmp(text_of(check, "result"), "failed") == 0;

    printf("  %-14s %-14s %s\n", text_of(check, "result"), text_of(check, "name"),
        is_failed ? "" : text_of(check, "note"));
    json_array_foreach (json_object_get(check, "reasons"), i, reason)
        printf("                 %s\n", json_string_value(reason));
}

void card_print(const json_t *card)
{
    const json_t *plugin = json_object_get(card, "plugin"), *check;
    size_t i, ok = 0, failed = 0, rest = 0;

    if (json_is_object(plugin))
        print_plugin(card, plugin);
    else
        printf("%s\n", text_of(card, "file"));
    putchar('\n');
    json_array_foreach (json_object_get(card, "checks"), i, check) {
        print_check(check);
        ok += strcmp(text_of(check, "result"), "ok") == 0;
        failed += strcmp(text_of(check, "result"), "failed") == 0;
        rest += strcmp(text_of(check, "result"), "not finished") == 0;
    }
    printf("\n%s: %zu ok, %zu failed, %zu not finished, %zu not applicable\n",
        card_is_passed(card) ? "passed" : "not passed", ok, failed, rest,
        json_array_size(json_object_get(card, "checks")) - ok - failed - rest);
}

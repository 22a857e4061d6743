#include "rule/index.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "event/value.h"
#include "event/view.h"
#include "rule/rule.h"

/* The rules that demand one value of a field. */
struct entry {
    UT_hash_handle hh; /* field::entries, by value */
    const char *value; /* borrowed from the first rule that has it */
    size_t demanding;  /* how many rules demand it, filed here or not */
    size_t *rules;     /* filed here */
    size_t count;
};

/* A field that rules compare by equality. */
struct field {
    const struct path *path; /* borrowed from the first rule that has it */
    struct entry *entries;
    uint64_t *filed; /* all rules filed under this field: where it is unknown, any may match */
    size_t filed_count;
};

struct index {
    const struct rule *rules;
    size_t count;
    struct field *fields;
    size_t field_count;
    uint64_t *others; /* rules that demand no equality: always tried */
};

static void set_add(uint64_t *set, size_t rule)
{
    set[rule / 64] |= UINT64_C(1) << rule % 64;
}

size_t index_words(const struct index *index)
{
    return (index->count + 63) / 64;
}

static uint64_t *set_create(const struct index *index)
{
    return mem_alloc(index_words(index) * sizeof(uint64_t));
}

/* Numbers are left alone: 80 and 8e1 are equal and not the same text. */
static bool is_plain(const struct comparison *comparison)
{
    if (comparison->operation != OP_EQ && comparison->operation != OP_IN)
        return false;
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->operands[i].is_number)
            return false;
    return true;
}

/* The equality that a test demands; NULL where there is none. A rule's own name is no field of the
 * event. */
static const struct comparison *demand_of(const struct condition *condition)
{
    const struct test *test = &condition->test;

    if (condition->kind != CONDITION_TEST || strcmp(test->path.parts[0], "rule") == 0)
        return NULL;
    for (size_t i = 0; i < test->count; i++)
        if (is_plain(&test->comparisons[i]))
            return &test->comparisons[i];
    return NULL;
}

static struct field *find_field(struct index *index, const struct path *path)
{
    for (size_t i = 0; i < index->field_count; i++)
        if (strcmp(index->fields[i].path->text, path->text) == 0)
            return &index->fields[i];
    index->fields = mem_resize(index->fields, (index->field_count + 1) * sizeof *index->fields);
    index->fields[index->field_count] = (struct field){.path = path, .filed = set_create(index)};
    return &index->fields[index->field_count++];
}

static struct entry *find_entry(struct field *field, const char *value)
{
    struct entry *entry;

    HASH_FIND_STR(field->entries, value, entry);
    if (entry)
        return entry;
    entry = mem_alloc(sizeof *entry);
    entry->value = value;
    HASH_ADD_KEYPTR(hh, field->entries, entry->value, strlen(entry->value), entry);
    return entry;
}

/* What each of a rule's conditions, which must all hold, demands. */
static void count_demands(struct index *index, const struct rule *rule)
{
    for (size_t i = 0; i < rule->match.count; i++) {
        const struct condition *condition = &rule->match.children[i];
        const struct comparison *demand = demand_of(condition);
        if (!demand)
            continue;
        struct field *field = find_field(index, &condition->test.path);
        for (size_t j = 0; j < demand->count; j++)
            find_entry(field, demand->operands[j].text)->demanding++;
    }
}

static size_t count_sharing(struct field *field, const struct comparison *demand)
{
    size_t sharing = 0;

    for (size_t i = 0; i < demand->count; i++)
        sharing += find_entry(field, demand->operands[i].text)->demanding;
    return sharing;
}

static void file_under(struct field *field, const struct comparison *demand, size_t rule)
{
    for (size_t i = 0; i < demand->count; i++) {
        struct entry *entry = find_entry(field, demand->operands[i].text);
        entry->rules = mem_resize(entry->rules, (entry->count + 1) * sizeof *entry->rules);
        entry->rules[entry->count++] = rule;
    }
    set_add(field->filed, rule);
    field->filed_count++;
}

static void file_rule(struct index *index, size_t number)
{
    const struct condition *match = &index->rules[number].match;
    const struct comparison *rarest = NULL;
    struct field *field = NULL;
    size_t fewest = SIZE_MAX;

    for (size_t i = 0; match->kind == CONDITION_ALL && i < match->count; i++) {
        const struct comparison *demand = demand_of(&match->children[i]);
        struct field *its = demand ? find_field(index, &match->children[i].test.path) : NULL;
        size_t sharing = demand ? count_sharing(its, demand) : SIZE_MAX;
        if (sharing < fewest) {
            fewest = sharing;
            rarest = demand;
            field = its;
        }
    }
    if (rarest)
        file_under(field, rarest, number);
    else
        set_add(index->others, number);
}

struct index *index_create(const struct rule *rules, size_t count)
{
    struct index *index = mem_alloc(sizeof *index);

    index->rules = rules;
    index->count = count;
    index->others = set_create(index);
    for (size_t i = 0; i < count; i++)
        if (rules[i].match.kind == CONDITION_ALL)
            count_demands(index, &rules[i]);
    for (size_t i = 0; i < count; i++)
        file_rule(index, i);
    return index;
}

static void field_finish(struct field *field)
{
    struct entry *entry = field->entries, *next;

    HASH_CLEAR(hh, field->entries);
    for (; entry; entry = next) {
        next = entry->hh.next;
        free(entry->rules);
        free(entry);
    }
    free(field->filed);
}

void index_destroy(struct index *index)
{
    if (!index)
        return;
    for (size_t i = 0; i < index->field_count; i++)
        field_finish(&index->fields[i]);
    free(index->fields);
    free(index->others);
    free(index);
}

static void add_all(const struct index *index, const uint64_t *from, uint64_t *set)
{
    for (size_t i = 0; i < index_words(index); i++)
        set[i] |= from[i];
}

static void find_value(const struct field *field, const json_t *value, uint64_t *set)
{
    char scratch[VALUE_TEXT_SIZE];
    const char *text = json_is_number(value) ? NULL : value_text(value, scratch);
    struct entry *entry = NULL;

    if (text)
        HASH_FIND_STR(field->entries, text, entry);
    for (size_t i = 0; entry && i < entry->count; i++)
        set_add(set, entry->rules[i]);
}

static void find_by_field(
    const struct index *index, const struct field *field, const struct view *view, uint64_t *set)
{
    bool unknown;
    const json_t *value = view_get(view, field->path, &unknown), *element;
    size_t i;

    if (unknown)
        add_all(index, field->filed, set);
    else if (!json_is_array(value))
        find_value(field, value, set);
    else
        json_array_foreach (value, i, element) {
            find_value(field, element, set);
        }
}

void index_find(const struct index *index, const struct view *view, uint64_t *set)
{
    add_all(index, index->others, set);
    for (size_t i = 0; i < index->field_count; i++)
        if (index->fields[i].filed_count > 0)
            find_by_field(index, &index->fields[i], view, set);
}

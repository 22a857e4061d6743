#include "sink/fallback.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/problems.h"
#include "config/yaml.h"
#include "sink/sink.h"

static const struct sink *find_sink(struct sink *const *sinks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sinks[i]->name, name) == 0)
            return sinks[i];
    return NULL;
}

/* Follows the chain from a sink; true, with its words ("a -> b -> a"), when it comes back there. A
 * circle that it only runs into is told of by those on it. */
static bool is_circle(
    const struct sink *first, struct sink *const *sinks, size_t count, struct buf *words)
{
    const struct sink *sink = first;

    buf_puts(words, first->name);
    for (size_t steps = 0; sink && sink->policy.fallback && steps < count; steps++) {
        buf_printf(words, " -> %s", sink->policy.fallback);
        sink = find_sink(sinks, count, sink->policy.fallback);
        if (sink == first)
            return true;
    }
    return false;
}

static bool check_one(const struct config *config, const struct config_sink *configured,
    struct sink *const *sinks, size_t count, struct problems *problems)
{
    const struct yaml *node = yaml_get(configured->node, "fallback");
    auto_buf struct buf words = {0};
    auto_free char *subject = text_format("sink %s", configured->name);

    if (!node || node->kind != YAML_SCALAR || node->is_faulty || !*node->text)
        return true;
    if (!sink_name_check(config, node->text, node, subject, problems))
        return false;
    const struct sink *sink = find_sink(sinks, count, configured->name);
    if (!sink || !is_circle(sink, sinks, count, &words))
        return true;
    problem_add(problems, node->place, "sink %s: its fallback leads back to it: %s",
        configured->name, buf_text(&words));
    return false;
}

/* By what is written: the fallback of a sink that has another fault is looked at too. */
bool fallbacks_check(
    const struct config *config, struct sink *const *sinks, size_t count, struct problems *problems)
{
    bool ok = true;

    for (size_t i = 0; i < config->sink_count; i++)
        ok &= check_one(config, &config->sinks[i], sinks, count, problems);
    return ok;
}

/* `log`: how much of what happens is logged, and how it is written. */
#include "base/log.h"
#include "config/config-private.h"
#include "config/options.h"
#include "config/shape.h"
#include "config/yaml.h"

struct logging {
    struct tocsin_choice level, format;
};

/* The words stand in the order of enum log_level and enum log_format. */
static const struct tocsin_option logging_options[] = {
    TOCSIN_WORDS(struct logging, level, 0, "info", "error warn info debug",
        "the least urgent lines that are written"),
    TOCSIN_WORDS(struct logging, format, 0, "keyvalue", "keyvalue json",
        "key=value pairs, or a JSON object a line"),
};

void logging_shape(json_t *document)
{
    json_t *block = shape_map();

    shape_add_options(block, &OPTION_TABLE(logging_options));
    shape_described(block, "what is logged, and how");
    shape_set(document, "log", shape_or_nothing(block), false);
}

void logging_read(struct config *config, struct problems *problems)
{
    const struct yaml nothing = {.kind = YAML_NULL, .place = config->document->place};
    const struct yaml *written = yaml_get(config->document, "log");
    const struct option_context context = {.problems = problems, .subject = "log"};
    const struct option_table table = OPTION_TABLE(logging_options);
    struct logging logging = {0};

    config->log_level = LOG_LEVEL_INFO;
    config->log_format = LOG_FORMAT_KEYVALUE;
    if (options_read(&table, written ? written : &nothing, &logging, &context)) {
        config->log_level = (enum log_level)logging.level.index;
        config->log_format = (enum log_format)logging.format.index;
    }
    options_finish(&table, &logging);
}

#include "config/schema.h"

#include "config/config-private.h"
#include "config/shape.h"

json_t *config_schema(json_t *sink, json_t *sink_defaults)
{
    json_t *document = shape_or_nothing(shape_map());

    listeners_shape(document);
    settings_shape(document);
    logging_shape(document);
    sekoia_shape(document);
    hooks_shape(document);
    lookups_shape(document);
    shape_set(document, "sink_defaults", shape_or_nothing(sink_defaults), false);
    shape_set(document, "sinks", shape_of_names(sink, "where messages go, by name"), false);
    shape_allow_extensions(document);
    json_object_set_new(document, "$defs", shape_definitions());
    return shape_titled(document, "tocsin.yaml");
}

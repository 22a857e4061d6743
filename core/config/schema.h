/* The JSON schema of tocsin.yaml. */
#ifndef TOCSIN_CONFIG_SCHEMA_H
#define TOCSIN_CONFIG_SCHEMA_H

#include <jansson.h>

/* The whole of it but for sinks, whose shapes are their plugins' and are taken: of one sink, and of
 * sink_defaults. The caller releases the result. */
json_t *config_schema(json_t *sink, json_t *sink_defaults);

#endif

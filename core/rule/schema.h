/* The JSON schema of rules.yaml. */
#ifndef TOCSIN_RULE_SCHEMA_H
#define TOCSIN_RULE_SCHEMA_H

#include <jansson.h>

/* The caller releases it. Its definitions have names of their own beside config_schema()'s. */
json_t *rules_schema(void);

#endif

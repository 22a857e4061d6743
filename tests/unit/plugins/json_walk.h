/* Looking into a JSON document from a test. */
#ifndef TOCSIN_TESTS_JSON_WALK_H
#define TOCSIN_TESTS_JSON_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The document in a request's body; one that is none fails the test. The caller drops it. */
json_t *json_parse(const char *body, size_t len);

/* The value at a path such as "attachments.0.content", NULL when there is none; the root's. */
json_t *json_at(const json_t *root, const char *path);

/* The string at a path; the test fails when there is none. */
const char *json_text_at(const json_t *root, const char *path);

/* Calls visit for each string: the object that holds it, and its name there. */
typedef void visit_string(const json_t *holder, const char *name, const char *text, void *context);
void json_visit_strings(const json_t *root, visit_string *visit, void *context);

bool json_has_null(const json_t *root);

#endif

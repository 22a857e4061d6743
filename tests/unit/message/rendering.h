/* Templates tried on JSON, as the specification's own cases are. */
#ifndef TOCSIN_TESTS_RENDERING_H
#define TOCSIN_TESTS_RENDERING_H

#include <stddef.h>

#include "message/message.h"

/* 2026-11-23 10:00:00 UTC: the time of every rendering. */
#define RENDERING_NOW_MS 1795428000000

struct rendering_case {
    const char *name;     /* of the behaviour, for the failure's message */
    const char *template; /* its text */
    const char *data;     /* JSON */
    const char *partials; /* a JSON object of texts, or NULL */
    const char *expected;
};

/* Renders each with escaping as in HTML, and fails the test with the case's name. */
void assert_rendered(const struct rendering_case *cases, size_t count);

/* The result, the caller's to free; compilation and rendering must succeed. */
char *rendered(const char *template, const char *data, enum flavour flavour);

/* "LINE:COLUMN: REASON" of the fault, the caller's to free; there must be one. */
char *compile_fault(const char *template);
char *render_fault(const char *template, const char *data, const char *partials);

#define ASSERT_RENDERED(cases) assert_rendered(cases, sizeof(cases) / sizeof *(cases))

#endif

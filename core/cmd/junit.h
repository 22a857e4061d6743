/* Test results in the XML that CI systems read: JUnit's testsuites, testsuite, testcase, failure.
 */
#ifndef TOCSIN_CMD_JUNIT_H
#define TOCSIN_CMD_JUNIT_H

#include <jansson.h>
#include <stdbool.h>

struct error;

/* Writes the results (case_result.h) to the file. False with the reason. */
bool junit_write(const char *path, const json_t *results, struct error *error);

#endif

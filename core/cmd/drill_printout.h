/* A drill's report (flow/drill_report.h) for people. */
#ifndef TOCSIN_CMD_DRILL_PRINTOUT_H
#define TOCSIN_CMD_DRILL_PRINTOUT_H

#include <jansson.h>
#include <stdbool.h>

/* To standard output, apart from the one before. */
void drill_printout(const json_t *report, bool is_first);

bool drill_is_delivered(const json_t *report);

#endif

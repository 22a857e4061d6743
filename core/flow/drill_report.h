/* What a drill shows, as JSON for programs and, through the command line, for people:
 *
 *     {"sink", "plugin", "to", "message": {"delivery", "event", "level", "title", "text", "link",
 *      "facts": [{"label", "value"}]}, "exchanges": [{"request": {"method", "url", "headers": [],
 *      "body", "body_bytes"}, "answer": {"status", "failure", "headers": [], "body", "body_bytes",
 *      "took_ms"}}], "outcome": {"result", "reason", "receipt", "notice",
 *      "may_have_arrived", "retry_after_ms", "took_ms", "next"}}
 *
 * "exchanges" is there for sinks whose requests tocsin makes. What there is none of is left out.
 * Every text went through the registry of secrets before it came in here. */
#ifndef TOCSIN_FLOW_DRILL_REPORT_H
#define TOCSIN_FLOW_DRILL_REPORT_H

#include <jansson.h>

struct attempt_result;
struct dispatch;
struct http_answer;
struct http_request;
struct secrets;
struct sink;

struct drill_report {
    json_t *root; /* owned */
    const struct sink *sink;
    struct secrets *sent; /* credentials that stood in the requests' headers; owned */
};

/* The report is zeroed. */
void drill_report_begin(
    struct drill_report *report, const struct sink *sink, const struct dispatch *dispatch);
void drill_report_request(struct drill_report *report, const struct http_request *request);
void drill_report_answer(struct drill_report *report, const struct http_answer *answer);
void drill_report_outcome(struct drill_report *report, const struct attempt_result *result);
void drill_report_finish(struct drill_report *report);

#endif

/* The event of a test, as it is written in the rules file. */
#ifndef TOCSIN_RULE_CASE_EVENT_H
#define TOCSIN_RULE_CASE_EVENT_H

struct case_file;
struct config;
struct problems;
struct rule_case;
struct yaml;

/* Takes the posted document and the object apart, or takes down the file's name. */
void case_event_read(struct rule_case *test, const struct yaml *node, const struct config *config,
    struct problems *problems);

/* A file's name, relative to the file that it stands in. */
void case_file_read(
    struct case_file *file, const struct yaml *node, const char *wanted, struct problems *problems);

#endif

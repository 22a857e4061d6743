/* A test of the rules file, made ready to be run: the files that it names are read here. */
#ifndef TOCSIN_CMD_CASE_STORY_H
#define TOCSIN_CMD_CASE_STORY_H

#include <stdint.h>

struct cases;
struct config;
struct problems;
struct rule_case;
struct story;

/* NULL, with the faults in problems, where a file cannot be read or holds something else. now_ms:
 * when it is accepted, unless the test says. */
struct story *case_story(const struct rule_case *test, const struct config *config, int64_t now_ms,
    struct problems *problems);

/* The faults of all of them. */
void case_stories_check(
    const struct cases *cases, const struct config *config, struct problems *problems);

#endif

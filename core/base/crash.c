/* Only in tocsin-crash, the program that the crash tests kill. */
#include "base/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *sentence;
} points[CRASH_POINT_COUNT] = {
#define CRASH_BOTH(id, name, sentence)                                                             \
    [CRASH_##id##_BEFORE_COMMIT] = {name ".before-commit", sentence ": in the transaction"},       \
    [CRASH_##id##_AFTER_COMMIT] = {name ".after-commit", sentence ": on the disk, unanswered"},
#define CRASH_ONE(id, name, sentence) [CRASH_##id] = {name, sentence},
    CRASH_COMMITS(CRASH_BOTH) CRASH_STEPS(CRASH_ONE)
#undef CRASH_BOTH
#undef CRASH_ONE
};

/* What was asked for; written before there is any thread. */
static enum crash_point armed;
static long fatal_passage;
static atomic_long passages;

static void print_table(void)
{
    for (int i = CRASH_NOWHERE + 1; i < CRASH_POINT_COUNT; i++)
        printf("%s\t%s\n", points[i].name, points[i].sentence);
}

static enum crash_point find_point(const char *name, size_t len)
{
    for (int i = CRASH_NOWHERE + 1; i < CRASH_POINT_COUNT; i++)
        if (strlen(points[i].name) == len && memcmp(points[i].name, name, len) == 0)
            return (enum crash_point)i;
    return CRASH_NOWHERE;
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *wish = getenv("TOCSIN_CRASH");
    size_t len = wish ? strcspn(wish, ":") : 0;

    if (!wish)
        return;
    if (strcmp(wish, "list") == 0) {
        print_table();
        exit(EXIT_SUCCESS);
    }
    armed = find_point(wish, len);
    fatal_passage = wish[len] == ':' ? strtol(wish + len + 1, NULL, 10) : 1;
    if (armed != CRASH_NOWHERE && fatal_passage > 0)
        return;
    fprintf(stderr, "tocsin-crash: TOCSIN_CRASH=%s: no such point\n", wish);
    exit(2);
}

void crash_point(enum crash_point point)
{
    if (point == CRASH_NOWHERE || point != armed ||
        atomic_fetch_add(&passages, 1) + 1 != fatal_passage)
        return;
    /* The test looks for this line: it tells this death from any other. */
    dprintf(STDERR_FILENO, "crash: at %s:%ld\n", points[point].name, fatal_passage);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* A host small enough to read: loads one deliver plugin by its file, fills its config struct
 * through its option table, and calls it as the daemon's worker would. Memory of a call is freed
 * when the call ends, so that a plugin which keeps some is caught by the sanitizer. What is wrong
 * with the plugin or the settings fails the test. */
#ifndef TOCSIN_TESTS_DELIVER_HOST_H
#define TOCSIN_TESTS_DELIVER_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <tocsin/sink.h>

struct deliver_host;

/* settings: "name=value" as a user would write the value, list items divided by commas; NULL at the
 * end. The variable names the plugin's file in the environment. */
struct deliver_host *deliver_host_create(const char *variable, const char *const *settings);

/* What event_json() answers from now on instead of {}; the caller's. */
void deliver_host_set_event(struct deliver_host *host, const char *json);

/* Closes the instance if there is one. */
void deliver_host_destroy(struct deliver_host *host);

/* What the plugin's check objects to, NULL if nothing; lives until the next call. */
const char *deliver_host_check(struct deliver_host *host);

/* A copy of a plugin's outcome; outcome_finish() frees it. */
struct outcome {
    uint32_t result;
    bool maybe_sent;
    char *reason, *receipt, *resume; /* NULL where the plugin gave none */
    int64_t took_ms;
};

/* Opens an instance at the first call. */
struct outcome deliver_host_deliver(
    struct deliver_host *host, const struct tocsin_message *message, int64_t deadline_ms);
void outcome_finish(struct outcome *outcome);

#define auto_outcome __attribute__((cleanup(outcome_finish)))

/* From any thread: as if the daemon were told to stop; wait() says so. */
void deliver_host_stop(struct deliver_host *host);

/* An urgent alert with everything in it. */
struct tocsin_message sample_message(void);

#endif

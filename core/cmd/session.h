/* What an operator's command works with: the daemon behind the configuration's admin address, or
 * where none runs the ledger itself, which tells the same but changes nothing. */
#ifndef TOCSIN_CMD_SESSION_H
#define TOCSIN_CMD_SESSION_H

#include <jansson.h>
#include <stdbool.h>

#include "cmd/command.h"
#include "config/problems.h"

struct archive;
struct client;
struct config;

struct session {
    const char *file;  /* -c */
    const char *admin; /* --admin: another address than the configuration's */
    bool is_json;      /* --json: the API's JSON as it is */
    bool is_quiet;     /* that no daemon answers was told already */
    struct config *config;
    struct problems problems;
    char *address;
    struct client *client;
    int http_status;         /* of the last change that was asked for; 0: no answer came */
    struct archive *archive; /* once the ledger was read without the daemon */
};

/* The options that all of these commands have, for a table of struct argument. */
#define SESSION_ARGUMENTS(session)                                                                 \
    {"-c", &(session)->file, NULL}, {"--admin", &(session)->admin, NULL},                          \
    {                                                                                              \
        "--json", NULL, &(session)->is_json                                                        \
    }

/* The calls below return EXIT_FINE, or another exit status after telling what is wrong on standard
 * error. */

/* Of the configuration only the admin address, its token and the ledger's path count: faults
 * elsewhere keep nobody from sending dead letters again. */
int session_open(struct session *session);
void session_close(struct session *session);

/* *answer is the caller's, an object. Where no daemon answers at the configured address the ledger
 * is read, and standard error says so. */
int session_get(struct session *session, const char *uri, json_t **answer);

/* The daemon may have come back: it is asked again, though the ledger was read last. */
void session_ask_again(struct session *session);

/* A change: only a daemon makes it. *answer may be there, and says how far it came, though it
 * failed. */
int session_post(struct session *session, const char *path, const json_t *body, json_t **answer);

/* For --json. */
void session_print(const json_t *answer);

#endif

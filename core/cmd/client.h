/* Speaks to a running daemon's API, one request after the other. */
#ifndef TOCSIN_CMD_CLIENT_H
#define TOCSIN_CMD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

struct client;
struct error;

struct client_answer {
    int status;       /* HTTP's; 0: no answer came */
    bool may_be_done; /* no answer came, and the daemon may have got the request all the same */
    json_t *body;     /* the caller's; NULL where it was no JSON */
};

/* address: "127.0.0.1:8081"; token: "" where none is needed. NULL with the reason. */
struct client *client_create(const char *address, const char *token, struct error *error);
void client_destroy(struct client *client);

/* body NULL: a GET. Waits for the answer. False with the reason when none came. */
bool client_ask(struct client *client, const char *uri, const json_t *body,
    struct client_answer *answer, struct error *error);

#endif

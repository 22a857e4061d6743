#include "cmd/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/records.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "cmd/arguments.h"
#include "cmd/client.h"
#include "config/config.h"
#include "store/archive.h"
#include "store/sqlite.h"

static void print_problems(const struct session *session)
{
    for (size_t i = 0; i < session->problems.count; i++) {
        auto_free char *line = problem_format(&session->problems.items[i]);
        fprintf(stderr, "%s\n", line);
    }
}

static int undone(const char *reason)
{
    fprintf(stderr, "tocsin: %s\n", reason);
    return EXIT_UNDONE;
}

static char *configured_address(const struct config_address *admin)
{
    bool is_v6 = strchr(admin->host, ':') != NULL;

    return text_format(is_v6 ? "[%s]:%d" : "%s:%d", admin->host, admin->port);
}

int session_open(struct session *session)
{
    auto_error struct error error = {0};

    session->config = config_load(arguments_config(session->file), "", &session->problems);
    if (session->admin) {
        session->address = text_copy(session->admin);
    } else if (session->config && session->config->admin.host) {
        session->address = configured_address(&session->config->admin);
    } else {
        print_problems(session);
        return undone("where the daemon is asked cannot be told: mend the configuration, or say "
                      "--admin HOST:PORT");
    }
    session->client = client_create(session->address,
        session->config ? secret_reveal(&session->config->admin_token) : "", &error);
    return session->client ? EXIT_FINE : undone(error_text(&error));
}

void session_close(struct session *session)
{
    if (session->archive)
        session->archive->ops->close(session->archive);
    client_destroy(session->client);
    free(session->address);
    config_destroy(session->config);
    problems_finish(&session->problems);
}

/* The words of an answer that is not what was hoped for. */
static int judge(const struct session *session, int status, const json_t *body, const char *where)
{
    const char *error = json_string_value(json_object_get(body, "error"));

    if (status == 200 && json_is_object(body))
        return EXIT_FINE;
    if (error && (status == 400 || status == 404 || status == 409 || status == 422)) {
        fprintf(stderr, "tocsin: %s\n", error);
        return EXIT_NO;
    }
    if (error)
        fprintf(stderr, "tocsin: %s: %s\n", where, error);
    else
        fprintf(stderr, "tocsin: %s: answered %d, and not as a tocsin does\n", where, status);
    if (status == 401)
        print_problems(session); /* the token may be missing for one of them */
    return EXIT_UNDONE;
}

static bool open_ledger(struct session *session, const char *failure)
{
    auto_error struct error error = {0};
    const char *path = session->config ? session->config->ledger_path : NULL;

    if (session->archive)
        return true;
    if (!session->is_quiet)
        fprintf(stderr, "tocsin: no daemon answers at %s: %s\n", session->address, failure);
    if (session->admin || !path)
        return false;
    if (!session->is_quiet)
        fprintf(stderr, "tocsin: this is read from the ledger %s as it stands\n", path);
    session->archive = sqlite_archive_open(path, &error);
    if (!session->archive && !session->is_quiet)
        undone(error_text(&error));
    return session->archive != NULL;
}

static int read_ledger(
    struct session *session, const char *uri, const char *failure, json_t **answer)
{
    if (!open_ledger(session, failure))
        return EXIT_UNDONE;
    struct record_answer read = records_answer(session->archive, uri, clock_wall_ms());
    *answer = json_loads(read.text, 0, NULL);
    free(read.text);
    return judge(session, read.status, *answer, session->config->ledger_path);
}

int session_get(struct session *session, const char *uri, json_t **answer)
{
    struct client_answer given = {0};
    auto_error struct error error = {0};

    if (session->archive || !client_ask(session->client, uri, NULL, &given, &error))
        return read_ledger(session, uri, error_text(&error), answer);
    *answer = given.body;
    return judge(session, given.status, given.body, session->address);
}

void session_ask_again(struct session *session)
{
    if (session->archive)
        session->archive->ops->close(session->archive);
    session->archive = NULL;
}

int session_post(struct session *session, const char *path, const json_t *body, json_t **answer)
{
    struct client_answer given = {0};
    auto_error struct error error = {0};

    bool is_answered = client_ask(session->client, path, body, &given, &error);
    session->http_status = given.status;
    if (is_answered) {
        *answer = given.body;
        return judge(session, given.status, given.body, session->address);
    }
    if (given.may_be_done)
        fprintf(stderr,
            "tocsin: the daemon at %s was asked, and gave no answer: %s; see what it "
            "did by `tocsin status`\n",
            session->address, error_text(&error));
    else
        fprintf(stderr,
            "tocsin: no daemon answers at %s: %s; only a running daemon changes "
            "something: start it by `tocsin serve`, or name it by --admin HOST:PORT\n",
            session->address, error_text(&error));
    return EXIT_UNDONE;
}

void session_print(const json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
}

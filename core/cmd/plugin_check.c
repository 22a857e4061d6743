/* The conformance kit: whether a plugin is right, before anybody configures it. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/mem.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/plugin_check_card.h"
#include "cmd/plugin_check_peers.h"
#include "cmd/plugin_check_run.h"
#include "cmd/session.h"
#include "probe/exports.h"
#include "probe/board.h"

enum {
    most_given = 64,
    usual_rounds = 1000,
    valgrind_rounds = 20,
    patience_ms = 2000, /* sanitizers and busy machines are slow */
    grace_ms = 1500,
    valgrind_factor = 10,
};

struct checking {
    struct check_run run;
    struct exports exports;
    struct peers *peers;
    bool is_json;
};

static bool has_valgrind(void)
{
    const char *path = getenv("PATH");
    auto_free char *folders = text_copy(path ? path : "");
    char *rest = NULL;

    for (char *folder = strtok_r(folders, ":", &rest); folder;
         folder = strtok_r(NULL, ":", &rest)) {
        auto_free char *program = text_format("%s/valgrind", folder);
        if (access(program, X_OK) == 0)
            return true;
    }
    return false;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    return remove(path);
}

/* AddressSanitizer marks each variable that is exported with one of its own. */
static bool is_expected(const char *name)
{
    return strcmp(name, "tocsin_sink_plugin") == 0 ||
           strcmp(name, "__odr_asan.tocsin_sink_plugin") == 0 ||
           strcmp(name, "__odr_asan_gen_tocsin_sink_plugin") == 0;
}

static void check_symbols(struct checking *checking)
{
    const struct exports *exports = &checking->exports;
    struct probe_board *board = checking->run.board;

    if (exports->descriptor_size == 0)
        probe_board_find(board, CHECK_SYMBOLS,
            "it does not export tocsin_sink_plugin: define it with TOCSIN_EXPORT");
    for (size_t i = 0; i < exports->count; i++)
        if (!is_expected(exports->names[i]))
            probe_board_find(board, CHECK_SYMBOLS,
                "it exports %s beside tocsin_sink_plugin: build with -fvisibility=hidden, and "
                "what a library or C++ brings in is hidden by a version script",
                exports->names[i]);
    probe_board_pass(board, CHECK_SYMBOLS, "exports tocsin_sink_plugin, and nothing else");
}

static void set_limits(struct checking *checking)
{
    struct probe_board *board = checking->run.board;
    int64_t factor = checking->run.has_valgrind ? valgrind_factor : 1;

    board->rounds = checking->run.has_valgrind ? valgrind_rounds : usual_rounds;
    board->patience_ms = patience_ms * factor;
    board->grace_ms = (int64_t)grace_ms * (factor > 1 ? 2 : 1);
    board->object_size = checking->exports.descriptor_size;
}

/* What nothing spoke against. */
static void pass_the_rest(struct probe_board *board)
{
    bool is_whole = board->is_checked[CHECK_LEFTOVERS];

    if (!is_whole)
        return;
    probe_board_pass(board, CHECK_LOAD, "loads, and lets the process end");
    probe_board_pass(board, CHECK_OUTPUT, "nothing was written to standard output or error");
    probe_board_pass(board, CHECK_CALLS, "each came back");
}

static bool probe(struct checking *checking, struct error *error)
{
    struct check_run *run = &checking->run;
    const unsigned all = (1u << GROUP_COUNT) - 1, describe = 1u << GROUP_DESCRIBE;

    if (!run->has_valgrind && !check_run_groups(run, describe, error))
        return false;
    if (!run->has_valgrind && !*run->board->about)
        return true;
    checking->peers = peers_start(run->board, error);
    if (!checking->peers)
        return false;
    bool ok = check_run_groups(run, run->has_valgrind ? all : all & ~describe, error);
    peers_stop(checking->peers);
    return ok;
}

static int print(struct checking *checking)
{
    const struct probe_board *board = checking->run.board;
    auto_json json_t *card = card_create(checking->run.file, &checking->exports, board);

    if (checking->is_json)
        session_print(card);
    else
        card_print(card);
    if (*board->undone && board->finding_count == 0) {
        fprintf(stderr, "tocsin: %s: %s\n", checking->run.file, board->undone);
        return EXIT_UNDONE;
    }
    return card_is_passed(card) ? EXIT_FINE : EXIT_NO;
}

/* A folder of the check's own, where plugins may write. */
static bool make_scratch(char *path, size_t size, struct error *error)
{
    const char *given = getenv("TMPDIR");
    int len = snprintf(path, size, "%s/tocsin-probe-XXXXXX", given && *given ? given : "/tmp");

    if (len >= 0 && (size_t)len < size && mkdtemp(path))
        return true;
    return error_set(error, "make the folder %s: %s", path, strerror(errno));
}

static int check(struct checking *checking, struct error *error)
{
    struct check_run *run = &checking->run;
    enum exports_end end = exports_read(&checking->exports, run->file, error);

    if (end == EXPORTS_NO_FILE || !check_run_init(run, error))
        return EXIT_UNDONE;
    if (!make_scratch(run->board->scratch, sizeof run->board->scratch, error))
        return EXIT_UNDONE;
    set_limits(checking);
    bool ok = true;
    if (end == EXPORTS_NO_OBJECT)
        probe_board_find(run->board, CHECK_SYMBOLS, "%s", error_text(error));
    else
        check_symbols(checking);
    if (end == EXPORTS_READ && checking->exports.descriptor_size > 0)
        ok = probe(checking, error);
    nftw(run->board->scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!ok)
        return EXIT_UNDONE;
    pass_the_rest(run->board);
    return print(checking);
}

int cmd_plugin_check(const struct command *command, int argc, char **argv)
{
    const char *file, *given[most_given];
    auto_error struct error error = {0};
    struct checking checking = {.run = {.board_fd = -1, .output_fd = -1, .log_fd = -1}};
    struct check_run *run = &checking.run;
    const struct argument options[] = {{"-o", given, NULL, &run->given_count, most_given},
        {"--valgrind", NULL, &run->has_valgrind}, {"--json", NULL, &checking.is_json}};

    int count = arguments_read(command, argc, argv, options, 3, &file, 1);
    if (count < 0)
        return EXIT_USAGE;
    if (count == 0)
        return command_usage(command, "name the plugin's file");
    if (run->has_valgrind && !has_valgrind()) {
        fprintf(stderr, "tocsin: --valgrind: there is no valgrind in PATH; install it\n");
        return EXIT_UNDONE;
    }
    /* A slash means a path to the loader, too. */
    auto_free char *path = strchr(file, '/') ? text_copy(file) : text_format("./%s", file);
    run->file = path;
    run->given = given;
    int status = check(&checking, &error);
    if (status == EXIT_UNDONE && error.text)
        fprintf(stderr, "tocsin: %s\n", error_text(&error));
    exports_finish(&checking.exports);
    check_run_finish(run);
    return status;
}

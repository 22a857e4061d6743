#include "probe/board.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "event/line.h"

const char *probe_check_name(enum probe_check check)
{
    static const char *const names[] = {
        [CHECK_SYMBOLS] = "symbols",
        [CHECK_LOAD] = "load",
        [CHECK_DESCRIPTOR] = "descriptor",
        [CHECK_OPTIONS] = "options",
        [CHECK_CONFIGURATION] = "configuration",
        [CHECK_INSTANCES] = "instances",
        [CHECK_MESSAGES] = "messages",
        [CHECK_STATUSES] = "statuses",
        [CHECK_PEERS] = "peers",
        [CHECK_DEADLINE] = "deadline",
        [CHECK_SECRETS] = "secrets",
        [CHECK_OUTPUT] = "output",
        [CHECK_LEFTOVERS] = "leftovers",
        [CHECK_MEMORY] = "memory",
        [CHECK_CALLS] = "calls",
    };

    return names[check];
}

/* Words of the plugin may be among them. */
static void write_words(char *room, size_t size, const char *format, va_list args)
{
    auto_free char *text = text_vformat(format, args);
    size_t len;
    auto_free char *valid = utf8_repair(text, strlen(text), &len);
    auto_buf struct buf line = {0};

    one_line_append(&line, valid, len);
    size_t kept = utf8_cut(buf_text(&line), line.len, size - 1);
    memcpy(room, buf_text(&line), kept);
    room[kept] = '\0';
}

void probe_board_find(struct probe_board *board, enum probe_check check, const char *format, ...)
{
    va_list args;

    if (board->finding_count == PROBE_FINDINGS) {
        board->finding_rest++;
        return;
    }
    struct probe_finding *finding = &board->findings[board->finding_count];
    finding->check = check;
    va_start(args, format);
    write_words(finding->words, sizeof finding->words, format, args);
    va_end(args);
    board->finding_count++;
}

void probe_board_pass(struct probe_board *board, enum probe_check check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_words(board->notes[check], sizeof board->notes[check], format, args);
    va_end(args);
    board->is_checked[check] = true;
}

void probe_board_excuse(struct probe_board *board, enum probe_check check, const char *why)
{
    probe_board_pass(board, check, "%s", why);
    board->is_not_applicable[check] = true;
}

uint32_t probe_board_count(const struct probe_board *board, enum probe_check check)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < board->finding_count; i++)
        count += board->findings[i].check == check;
    return count;
}

#include "sink/guest.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "sink/cargo.h"

enum {
    most_lines = 50, /* of one question's logging */
    longest_line = 1000,
    longest_last_words = 200,
    closing_ms = 1000,
};

static void log_line(struct question *question, const char *text, size_t len)
{
    size_t valid_len;

    if (!question->logger || !log_wants(question->logger, LOG_LEVEL_DEBUG))
        return;
    if (question->lines++ == most_lines)
        log_debug(question->logger, "the plugin says more, which is left out");
    if (question->lines > most_lines)
        return;
    auto_free char *valid = utf8_repair(text, len, &valid_len);
    log_debug(question->logger, "%.*s", (int)utf8_cut(valid, valid_len, longest_line), valid);
}

/* What it wrote to standard output or standard error. */
static void log_said(struct guest *guest, struct question *question)
{
    const char *line = buf_text(&guest->child.said);

    while (*line) {
        size_t len = strcspn(line, "\n");
        if (len > 0)
            log_line(question, line, len);
        line += len + (line[len] == '\n');
    }
    buf_clear(&guest->child.said);
}

/* "double free or corruption (out)": what a C library or a sanitizer says before it ends a process
 * tells more than the signal. Empty when it said nothing. */
static char *last_words(const struct guest *guest)
{
    const char *said = buf_text(&guest->child.said);
    size_t end = strlen(said), valid_len;

    while (end > 0 && said[end - 1] == '\n')
        end--;
    size_t start = end;
    while (start > 0 && said[start - 1] != '\n')
        start--;
    if (start == end)
        return text_copy("");
    auto_free char *valid = utf8_repair(said + start, end - start, &valid_len);
    return text_format(
        "; its last words: %.*s", (int)utf8_cut(valid, valid_len, longest_last_words), valid);
}

/* Logs it, once, and makes the sentence for who asked, who alone hears of it at load. */
static char *tell_death(struct guest *guest, const struct question *question, pid_t pid)
{
    auto_free char *words = last_words(guest);

    guest->is_open = false;
    buf_clear(&guest->child.said);
    if (!question->logger)
        return text_format(
            "the plugin's process %s in %s%s", guest->child.end, question->what, words);
    log_error(question->logger,
        "plugin %s: its process %d %s in %s; the next attempt starts it anew%s", guest->path,
        (int)pid, guest->child.end, question->what, words);
    return text_format("the plugin's process %s in %s", guest->child.end, question->what);
}

static bool answer_event(struct guest *guest, const struct question *question)
{
    auto_buf struct buf frame = {0};
    auto_free char *made =
        question->make_event_json ? question->make_event_json(question->source) : NULL;
    const char *text = made;

    frame_begin(&frame, CARGO_EVENT);
    struct parcel parcel = parcel_to(&frame);
    parcel_text(&parcel, &text);
    return child_send(&guest->child, &frame, question->patience.until_ms);
}

/* What it says until the answer is there. */
static bool listen(
    struct guest *guest, struct question *question, uint8_t *kind, const char **data, size_t *len)
{
    while (child_receive(&guest->child, &question->patience, kind, data, len)) {
        if (*kind == CARGO_DONE || *kind == CARGO_PLUGIN || *kind == CARGO_NO_PLUGIN)
            return true;
        if (*kind == CARGO_LOG)
            log_line(question, *data, *len);
        else if (*kind != CARGO_WANTS_EVENT)
            child_kill(&guest->child, "sent what nobody asked for");
        else if (!answer_event(guest, question))
            return false;
        if (!child_runs(&guest->child))
            return false;
    }
    return false;
}

enum guest_answer guest_start(
    struct guest *guest, struct question *question, const char **data, size_t *len, char **why)
{
    const char *const words[] = {"sink-host", guest->sink, guest->path, NULL};
    auto_error struct error error = {0};
    uint8_t kind;

    guest->is_open = false;
    question->what = "loading";
    if (!child_start(&guest->child, words, &error)) {
        if (question->logger)
            log_error(question->logger, "plugin %s: %s", guest->path, error_text(&error));
        *why = text_copy(error_text(&error));
        return GUEST_DIED;
    }
    pid_t pid = guest->child.pid;
    bool is_there = listen(guest, question, &kind, data, len);
    if (is_there && kind == CARGO_DONE) {
        child_kill(&guest->child, "answered before it was asked");
        is_there = false;
    }
    if (!is_there) {
        *why = tell_death(guest, question, pid);
        return GUEST_DIED;
    }
    log_said(guest, question);
    return kind == CARGO_PLUGIN ? GUEST_ANSWERED : GUEST_REFUSES;
}

struct parcel guest_frame(struct guest *guest, uint8_t kind)
{
    frame_begin(&guest->frame, kind);
    return parcel_to(&guest->frame);
}

bool guest_ask(struct guest *guest, struct question *question, struct parcel *answer, char **why,
    bool *was_told)
{
    pid_t pid = guest->child.pid;
    const char *data;
    size_t len;
    uint8_t kind;

    *was_told = child_send(&guest->child, &guest->frame, question->patience.until_ms);
    bool is_answered = *was_told && listen(guest, question, &kind, &data, &len);
    if (is_answered && kind != CARGO_DONE) {
        child_kill(&guest->child, "sent what nobody asked for");
        is_answered = false;
    }
    if (!is_answered) {
        *why = tell_death(guest, question, pid);
        return false;
    }
    log_said(guest, question);
    *answer = parcel_from(data, len);
    return true;
}

void guest_finish(struct guest *guest)
{
    if (child_runs(&guest->child)) {
        guest_frame(guest, CARGO_CLOSE);
        int64_t until_ms = clock_mono_ms() + closing_ms;
        if (child_send(&guest->child, &guest->frame, until_ms))
            child_see_off(&guest->child, until_ms);
    }
    child_finish(&guest->child);
    buf_finish(&guest->frame);
}

/* Handlers run wherever the fault was, perhaps with the allocator's lock held or no stack left: on
 * a stack of their own, by write() and arithmetic alone. What they look at has to be known without
 * an argument, so that this file has variables outside of functions, as few others do. */
#include "sink/blame.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/system.h"

#ifndef sigev_notify_thread_id /* glibc has the member, and not its name */
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
    handler_stack = 16384, /* the kernel's part of it is under 4 KB, this file's under 2 */
    longest_line = 1024,
    patience_ms = 1000,
};

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

enum {
    fatal_count = sizeof fatal / sizeof *fatal,
};

static bool is_installed;
static struct sigaction before[fatal_count];   /* a sanitizer's, or none */
static const struct logger *volatile log_root; /* whose form the lines have; NULL: the default */
static timer_t loop_timer;
static _Thread_local const struct blame *volatile current;
static _Thread_local char stack[handler_stack];
static _Thread_local bool has_stack;
static _Thread_local bool is_loop;
static _Thread_local volatile sig_atomic_t is_armed;

/* A line that is made without allocating. */
struct line {
    char text[longest_line];
    size_t len;
};

static void put(struct line *line, const char *text)
{
    while (*text && line->len < sizeof line->text - 3)
        line->text[line->len++] = *text++;
}

/* Between quotes, where nothing may end them. */
static void put_quoted(struct line *line, const char *text)
{
    for (; *text && line->len < sizeof line->text - 3; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_plain = byte >= ' ' && byte != '"' && byte != '\\' && byte != 0x7f;
        line->text[line->len++] = is_plain ? *text : '?';
    }
}

static void put_number(struct line *line, int64_t number, int digits)
{
    char text[24];
    size_t at = sizeof text - 1;

    text[at] = '\0';
    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while ((number > 0 || (int)(sizeof text - 1 - at) < digits) && at > 0);
    put(line, text + at);
}

/* gmtime_r() takes a lock. The days are counted from 1 March of the year 0, so that a leap day is
 * the last of its year; an era is 400 years (H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms"). */
static void put_date(struct line *line, int64_t days)
{
    int64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    int64_t day = of_year - (153 * month + 2) / 5 + 1;

    put_number(line, era * 400 + year + (month >= 10), 4);
    put(line, "-");
    put_number(line, month < 10 ? month + 3 : month - 9, 2);
    put(line, "-");
    put_number(line, day, 2);
}

static void put_time(struct line *line)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t seconds = now.tv_sec % 86400;
    put_date(line, now.tv_sec / 86400);
    put(line, "T");
    put_number(line, seconds / 3600, 2);
    put(line, ":");
    put_number(line, seconds / 60 % 60, 2);
    put(line, ":");
    put_number(line, seconds % 60, 2);
    put(line, ".");
    put_number(line, now.tv_nsec / 1000000, 3);
    put(line, "Z");
}

static bool is_json(void)
{
    return log_root && log_root->format == LOG_FORMAT_JSON;
}

/* As base/log_line.h has them: `time=T level=error sink=S msg="`, or {"time":"T", ... "msg":". The
 * journal notes the time itself, and is told the priority. */
static void line_begin(struct line *line, const struct blame *blame)
{
    bool json = is_json();

    line->len = 0;
    put(line, log_root && log_root->is_journal ? "<3>" : "");
    put(line, json ? "{" : "");
    if (!log_root || !log_root->is_journal) {
        put(line, json ? "\"time\":\"" : "time=");
        put_time(line);
        put(line, json ? "\"," : " ");
    }
    put(line, json ? "\"level\":\"error\"" : "level=error");
    if (blame) {
        put(line, json ? ",\"sink\":\"" : " sink=");
        put_quoted(line, blame->sink);
        put(line, json ? "\"" : "");
    }
    put(line, json ? ",\"msg\":\"" : " msg=\"");
    if (blame) {
        put(line, "plugin ");
        put_quoted(line, blame->file);
        put(line, ": ");
    }
}

static void line_end(struct line *line, const char *text)
{
    put(line, text);
    line->text[line->len++] = '"';
    if (is_json())
        line->text[line->len++] = '}';
    line->text[line->len++] = '\n';
    if (write(STDERR_FILENO, line->text, line->len) < 0)
        return; /* there is nobody to tell */
}

static void put_call(struct line *line, const struct blame *blame)
{
    put(line, blame ? " in " : " outside of any plugin");
    put(line, blame ? blame->call : "");
}

static void on_fatal(int number, siginfo_t *info, void *context)
{
    const struct blame *blame = current;
    struct line line;

    (void)context;
    line_begin(&line, blame);
    put(&line, "signal ");
    put_number(&line, number, 1);
    put(&line, " (");
    put(&line, system_signal_words(number));
    put(&line, ")");
    put_call(&line, blame);
    line_end(
        &line, blame ? ": tocsin ends with it; isolation: process would have cost this sink alone"
                     : ": tocsin ends with it");
    for (size_t i = 0; i < fatal_count; i++)
        if (fatal[i] == number)
            sigaction(number, &before[i], NULL);
    /* A fault comes again by itself as soon as this returns; what somebody sent does not. */
    if (info->si_code <= 0)
        raise(number);
}

/* exit() in the middle of a call: only a plugin does that. */
static void on_exit_called(void)
{
    const struct blame *blame = current;
    struct line line;

    if (!blame)
        return;
    line_begin(&line, blame);
    put(&line, "called exit()");
    put_call(&line, blame);
    line_end(&line, ": tocsin ends with it; isolation: process would have cost this sink alone");
}

static int64_t coarse_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void arm(int64_t ms)
{
    const struct itimerspec delay = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};

    is_armed = timer_settime(loop_timer, 0, &delay, NULL) == 0;
}

/* The timer was armed by this call or by one before it. */
static void judge_lasting(const struct blame *blame)
{
    int64_t lasted_ms = coarse_ms() - blame->began_ms;
    struct line line;

    if (lasted_ms < patience_ms) {
        arm(patience_ms - lasted_ms);
        return;
    }
    line_begin(&line, blame);
    put(&line, "has held the loop for ");
    put_number(&line, lasted_ms, 1);
    put(&line, " ms");
    put_call(&line, blame);
    line_end(&line, " and goes on: nothing else is done meanwhile; isolation: process would cost "
                    "this sink alone");
    arm(lasted_ms);
}

static void on_lasting(int number)
{
    const struct blame *blame = current;
    int errno_before = errno;

    (void)number;
    is_armed = false;
    if (blame)
        judge_lasting(blame);
    errno = errno_before;
}

/* A stack that has overflown cannot serve the handler. One that is there is a sanitizer's. */
static void give_stack(void)
{
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    stack_t present;

    has_stack = true;
    if (sigaltstack(NULL, &present) == 0 && present.ss_flags & SS_DISABLE)
        sigaltstack(&own, NULL);
}

void blame_install(void)
{
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (is_installed)
        return;
    is_installed = true;
    for (size_t i = 0; i < fatal_count; i++)
        sigaction(fatal[i], &action, &before[i]);
    atexit(on_exit_called);
}

void blame_log_as(const struct logger *root)
{
    log_root = root;
}

void blame_watch_loop(void)
{
    const struct sigaction action = {.sa_handler = on_lasting, .sa_flags = SA_RESTART | SA_ONSTACK};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};

    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    if (sigaction(SIGRTMIN, &action, NULL) == 0)
        is_loop = timer_create(CLOCK_MONOTONIC, &event, &loop_timer) == 0;
}

void blame_enter(struct blame *blame)
{
    if (is_installed && !has_stack)
        give_stack();
    blame->outer = current;
    if (is_loop) {
        blame->began_ms = coarse_ms();
        if (!is_armed)
            arm(patience_ms);
    }
    atomic_signal_fence(memory_order_seq_cst); /* a handler finds it whole */
    current = blame;
}

void blame_leave(const struct blame *blame)
{
    current = blame->outer;
}

#include "sink/isolated.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/error.h"
#include "base/mem.h"
#include "lane/worker.h"
#include "sink/attempt-private.h"
#include "sink/cargo.h"
#include "sink/guest.h"
#include "sink/plugin.h"
#include "sink/sink.h"

enum {
    loading_ms = 5000, /* to say what it is, and to check its options */
};

/* A worker's instance. */
struct tenant {
    const struct sink *sink;
    struct guest guest;
};

static struct question question_at_load(void)
{
    return (struct question){.patience = {clock_mono_ms() + loading_ms, -1, CARGO_STOP, false}};
}

/* Takes the description over; its texts stay in it. */
static bool take_description(
    struct plugin *plugin, const char *data, size_t len, struct error *error)
{
    plugin->description = mem_copy(data, len);
    plugin->description_len = len;
    struct parcel parcel = parcel_from(plugin->description, len);
    cargo_plugin(&parcel, plugin);
    plugin->options = (struct option_table){plugin->descriptor.options,
        plugin->descriptor.option_count, plugin->descriptor.option_stride};
    if (!parcel_is_whole(&parcel))
        return error_set(error, "%s: its process describes it in a broken way", plugin->path);
    return plugin_examine(plugin, error);
}

static bool ask_for_description(struct plugin *plugin, const char *sink, struct error *error)
{
    struct guest guest = {.sink = sink, .path = plugin->path};
    struct question question = question_at_load();
    auto_free char *why = NULL;
    const char *data = NULL;
    size_t len = 0;
    bool ok = false;

    switch (guest_start(&guest, &question, &data, &len, &why)) {
    case GUEST_ANSWERED:
        ok = take_description(plugin, data, len, error);
        break;
    case GUEST_REFUSES:
        error_set(error, "%.*s", (int)len, data);
        break;
    case GUEST_DIED:
        error_set(error, "%s: %s", plugin->path, why);
        break;
    }
    guest_finish(&guest);
    return ok;
}

struct plugin *isolated_plugin_load(const char *name, char *const *folders, size_t folder_count,
    const char *sink, struct error *error)
{
    char *path = plugin_find(name, folders, folder_count, error);

    if (!path)
        return NULL;
    struct plugin *plugin = mem_alloc(sizeof *plugin);
    plugin->path = path;
    plugin->is_isolated = true;
    if (ask_for_description(plugin, sink, error))
        return plugin;
    plugin_destroy(plugin);
    return NULL;
}

/* Secrets were in it. */
static void wipe_frame(struct guest *guest)
{
    explicit_bzero(guest->frame.data, guest->frame.len);
}

/* Whether the answer says yes, to a question that is answered so. */
static bool says_yes(struct parcel *answer, const char **why)
{
    bool ok = false;

    parcel_bool(answer, &ok);
    parcel_text(answer, why);
    return ok && parcel_is_whole(answer);
}

static bool ask_for_check(
    struct guest *guest, const struct plugin *plugin, void *config, struct error *error)
{
    struct question question = question_at_load();
    auto_free char *death = NULL;
    const char *data = NULL, *why = NULL;
    size_t len = 0;
    bool was_told;

    enum guest_answer begun = guest_start(guest, &question, &data, &len, &death);
    if (begun == GUEST_REFUSES)
        return error_set(error, "%.*s", (int)len, data);
    if (begun == GUEST_DIED)
        return error_set(error, "%s", death);
    question.what = "check";
    struct parcel parcel = guest_frame(guest, CARGO_CHECK), answer;
    cargo_config(&parcel, plugin, config);
    bool is_answered = guest_ask(guest, &question, &answer, &death, &was_told);
    wipe_frame(guest);
    if (!is_answered)
        return error_set(error, "%s", death);
    return says_yes(&answer, &why) || error_set(error, "%s", why ? why : "");
}

bool isolated_plugin_check(
    const struct plugin *plugin, void *config, const char *sink, struct error *error)
{
    struct guest guest = {.sink = sink, .path = plugin->path};
    bool ok = ask_for_check(&guest, plugin, config, error);

    guest_finish(&guest);
    return ok;
}

static void *tenant_create(void *context, void *job)
{
    struct tenant *tenant = mem_alloc(sizeof *tenant);

    (void)job;
    tenant->sink = context;
    tenant->guest.sink = tenant->sink->name;
    tenant->guest.path = tenant->sink->plugin->path;
    return tenant;
}

static void tenant_destroy(void *context, void *instance)
{
    struct tenant *tenant = instance;

    (void)context;
    guest_finish(&tenant->guest);
    free(tenant);
}

/* Always false. */
static bool fail(struct attempt *attempt, uint32_t result, bool maybe_sent, const char *why)
{
    attempt->has_failed = true;
    attempt->outcome = (struct tocsin_outcome){
        .size = sizeof attempt->outcome,
        .result = result,
        .maybe_sent = maybe_sent,
        .reason = call_keep(&attempt->call, why, strlen(why)),
    };
    return false;
}

/* One that died at rest costs nothing but the time to start another. */
static bool is_at_rest(struct tenant *tenant)
{
    struct guest *guest = &tenant->guest;
    pid_t pid = guest->child.pid;

    if (child_look(&guest->child))
        return true;
    if (pid)
        log_warn(&tenant->sink->logger, "plugin %s: its process %d %s at rest; another is started",
            guest->path, (int)pid, guest->child.end);
    guest->is_open = false;
    return false;
}

/* The options lie in its struct as it was when the configuration was read. */
static bool is_described_as_before(const struct plugin *plugin, const char *data, size_t len)
{
    return len == plugin->description_len && memcmp(data, plugin->description, len) == 0;
}

static bool start(struct tenant *tenant, struct attempt *attempt, struct question *question)
{
    struct guest *guest = &tenant->guest;
    auto_free char *why = NULL;
    const char *data = NULL;
    size_t len = 0;

    switch (guest_start(guest, question, &data, &len, &why)) {
    case GUEST_REFUSES:
        why = text_copy_n(data, len);
        child_kill(&guest->child, "is of no use");
        return fail(attempt, TOCSIN_UNUSABLE, false, why);
    case GUEST_DIED:
        return fail(attempt, TOCSIN_RETRY, false, why);
    case GUEST_ANSWERED:
        break;
    }
    if (is_described_as_before(tenant->sink->plugin, data, len))
        return true;
    child_kill(&guest->child, "is of no use");
    return fail(attempt, TOCSIN_UNUSABLE, false,
        "the plugin's file is another than the one that the configuration was read with: reload");
}

static bool open_plugin(struct tenant *tenant, struct attempt *attempt, struct question *question)
{
    struct guest *guest = &tenant->guest;
    auto_free char *death = NULL;
    const char *why = NULL;
    bool was_told;

    question->what = "open";
    struct parcel parcel = guest_frame(guest, CARGO_OPEN), answer;
    cargo_config(&parcel, tenant->sink->plugin, tenant->sink->config);
    cargo_message(&parcel, NULL, &attempt->message);
    bool is_answered = guest_ask(guest, question, &answer, &death, &was_told);
    wipe_frame(guest);
    if (!is_answered)
        return fail(attempt, TOCSIN_RETRY, false, death);
    guest->is_open = says_yes(&answer, &why);
    return guest->is_open || fail(attempt, TOCSIN_UNUSABLE, false,
                                 why ? why : "the plugin does not open, and does not say why");
}

static bool make_ready(struct tenant *tenant, struct attempt *attempt, struct question *question)
{
    if (!is_at_rest(tenant) && !start(tenant, attempt, question))
        return false;
    return tenant->guest.is_open || open_plugin(tenant, attempt, question);
}

static void pack(struct guest *guest, struct attempt *attempt, int64_t deadline_ms)
{
    static const uint8_t kinds[] = {[ATTEMPT_RENDER] = CARGO_RENDER,
        [ATTEMPT_JUDGE] = CARGO_JUDGE,
        [ATTEMPT_DELIVER] = CARGO_DELIVER};
    bool wants_log = log_wants(attempt->call.logger, LOG_LEVEL_DEBUG);
    bool is_again = attempt->agains > 0;
    struct parcel parcel = guest_frame(guest, kinds[attempt->step]);

    parcel_bool(&parcel, &wants_log);
    parcel_bool(&parcel, &is_again);
    parcel_i64(&parcel, &deadline_ms);
    cargo_message(&parcel, NULL, &attempt->message);
    if (attempt->step != ATTEMPT_JUDGE)
        return;
    cargo_answer(&parcel, &attempt->answer);
    cargo_outcome(&parcel, &attempt->outcome);
}

static void unpack(struct attempt *attempt, const struct parcel *answer)
{
    const char *kept = call_keep(&attempt->call, answer->data, answer->len);
    struct parcel parcel = parcel_from(kept, answer->len);

    if (attempt->step == ATTEMPT_RENDER)
        cargo_request(&parcel, &attempt->call, &attempt->request);
    else
        cargo_outcome(&parcel, &attempt->outcome);
    if (!parcel_is_whole(&parcel))
        fail(attempt, TOCSIN_RETRY, attempt->step != ATTEMPT_RENDER,
            "the plugin's process gave a broken answer");
}

/* Whether the message may have arrived although nobody says so: while deliver ran, and where the
 * far end took the request and the plugin was to say what that means. */
static bool is_in_doubt(const struct attempt *attempt, bool was_told)
{
    const struct tocsin_outcome *outcome = &attempt->outcome;

    if (attempt->step == ATTEMPT_JUDGE)
        return outcome->result == TOCSIN_DELIVERED || outcome->maybe_sent;
    return attempt->step == ATTEMPT_DELIVER && was_told;
}

static void ask(struct tenant *tenant, struct attempt *attempt, struct question *question)
{
    static const char *const names[] = {
        [ATTEMPT_RENDER] = "render", [ATTEMPT_JUDGE] = "judge", [ATTEMPT_DELIVER] = "deliver"};
    auto_free char *death = NULL;
    struct parcel answer;
    bool was_told;

    question->what = names[attempt->step];
    if (guest_ask(&tenant->guest, question, &answer, &death, &was_told))
        unpack(attempt, &answer);
    else
        fail(attempt, TOCSIN_RETRY, is_in_doubt(attempt, was_told), death);
}

static void tenant_run(void *context, void *instance, void *job, const struct worker_limits *limits)
{
    struct tenant *tenant = instance;
    struct attempt *attempt = job;
    struct question question = {
        .patience = {limits->deadline_ms + ATTEMPT_GRACE_MS, limits->stop_fd, CARGO_STOP, false},
        .logger = &tenant->sink->logger,
        .make_event_json = attempt->call.make_event_json,
        .source = attempt->call.source,
    };

    (void)context;
    attempt->has_failed = false;
    if (!make_ready(tenant, attempt, &question))
        return;
    pack(&tenant->guest, attempt, limits->deadline_ms);
    crash_point(CRASH_WORKER_BEFORE);
    ask(tenant, attempt, &question);
    crash_point(CRASH_WORKER_AFTER);
}

static void take_request(struct attempt *attempt)
{
    struct sink *sink = attempt->sink;

    if (sink->plugin->judges) {
        worker_lane_keep(sink->workers, attempt);
        attempt->keeps_worker = true;
    }
    attempt_take_request(attempt, &attempt->request);
}

static void on_done(void *context, void *job, bool opened)
{
    struct attempt *attempt = job;

    (void)context, (void)opened;
    if (attempt->step == ATTEMPT_RENDER && !attempt->has_failed)
        take_request(attempt);
    else if (attempt->step == ATTEMPT_JUDGE && !attempt->has_failed)
        attempt_conclude(attempt, &attempt->answer);
    else if (attempt->step == ATTEMPT_JUDGE)
        attempt_end(attempt, attempt->answer.status, attempt->answer.body, false);
    else
        attempt_end(attempt, 0, NULL, false);
}

const struct worker_ops isolated_worker_ops = {
    .open = tenant_create,
    .run = tenant_run,
    .close = tenant_destroy,
    .done = on_done,
    .overstayed = attempt_overstayed,
    .dropped = attempt_dropped,
};

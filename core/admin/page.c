/* The page: its files stand in this program. They hold no data, so that they need no token; what
 * they show they ask of the API. */
#include <event2/http.h>
#include <string.h>

#include "admin/admin-private.h"
#include "admin/page_files.h"
#include "hook/server.h"

/* Nothing but these files and the API behind them: no script or style inside of a document, no
 * other origin, and in nobody's frame. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

struct page_file {
    const char *name, *type, *text;
};

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define JS "text/javascript; charset=utf-8"

static const struct page_file files[] = {
    {"page.css", CSS, page_css},
    {"icon.svg", "image/svg+xml", page_icon},
    {"page.js", JS, page_js},
    {"api.js", JS, page_api},
    {"stream.js", JS, page_stream},
    {"element.js", JS, page_element},
    {"words.js", JS, page_words},
    {"inbox.js", JS, page_inbox},
    {"events.js", JS, page_events},
    {"story.js", JS, page_story},
    {"sinks.js", JS, page_sinks},
    {"dead.js", JS, page_dead},
    {"rules.js", JS, page_rules},
    {"explanation.js", JS, page_explanation},
};

static void send_text(const struct admin_call *call, const char *type, const char *text)
{
    static const char *const headers[][2] = {{"Content-Security-Policy", policy},
        {"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"}, {"Cache-Control", "no-cache"}};
    struct evkeyvalq *out = evhttp_request_get_output_headers(call->request);

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        evhttp_add_header(out, headers[i][0], headers[i][1]);
    server_reply_as(call->admin->server, call->request, 200, type, text);
}

void answer_page(const struct admin_call *call)
{
    send_text(call, HTML, page_html);
}

void answer_page_file(const struct admin_call *call)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, call->name) == 0) {
            send_text(call, files[i].type, files[i].text);
            return;
        }
    }
    admin_refuse(call, 404, "there is nothing here");
}

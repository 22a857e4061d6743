/* What a post to a hook must be, before anything in it is read. */
#ifndef TOCSIN_HOOK_CONTENT_H
#define TOCSIN_HOOK_CONTENT_H

struct config_hook;
struct evhttp_request;

/* The status that says what is wrong with its method, length or type, and the reason (a constant);
 * 0 when nothing is. */
int content_judge(
    const struct config_hook *hook, struct evhttp_request *request, const char **reason);

#endif

/* Signatures of what is sent, so that the receiver knows who sent it. Standard Webhooks:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md;
 * GitHub: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_SIGNATURE_H
#define TOCSIN_PLUGINS_WEBHOOK_SIGNATURE_H

struct header_list;
struct tocsin_call;
struct webhook_config;

enum {
    SIGNATURE_HEADERS = 3 /* at most */
};

/* What is wrong with `sign` and `secret`, "secret: ..."; NULL: nothing. No secret is shown. */
const char *signature_fault(struct tocsin_call *call, const struct webhook_config *config);

/* Adds the headers that sign the body. */
void signature_add_headers(struct tocsin_call *call, const struct webhook_config *config,
    const char *body, struct header_list *headers);

#endif

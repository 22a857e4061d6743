/* The networks that `allow` names, as the host wants them. */
#ifndef TOCSIN_PLUGINS_WEBHOOK_NETWORK_H
#define TOCSIN_PLUGINS_WEBHOOK_NETWORK_H

#include <stdbool.h>

/* "10.0.0.0/8", "2001:db8::/32", or an address alone; no bit stands behind the prefix. */
bool is_network(const char *text);

#endif

/* A loaded object in memory: which addresses are its own. What a plugin's descriptor points to must
 * stand in the plugin's own file, so that a table that lies is refused before it is read. */
#ifndef TOCSIN_SINK_PLUGIN_IMAGE_H
#define TOCSIN_SINK_PLUGIN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct tocsin_sink_plugin;

/* The readable parts of the object that an address belongs to. */
struct plugin_image {
    struct plugin_part {
        const char *start;
        size_t len;
    } parts[16];
    size_t count;
};

/* False where the address is in no loaded object. */
bool plugin_image_find(struct plugin_image *image, const void *address);

bool plugin_image_holds(const struct plugin_image *image, const void *start, size_t len);

/* Whether a text begins there and ends in the image. */
bool plugin_image_holds_text(const struct plugin_image *image, const char *text);

/* Whether the descriptor itself stands in one object, as large as it says. `path` is for the
 * reason, here and below. */
bool plugin_image_check(const struct tocsin_sink_plugin *found, const char *path,
    struct plugin_image *image, struct error *error);

/* Whether all that a copy of it points to can be read: its texts, each row of the table of options
 * and the texts of that. */
bool plugin_image_check_texts(const struct plugin_image *image,
    const struct tocsin_sink_plugin *copy, const char *path, struct error *error);

#endif

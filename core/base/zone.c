#include "base/zone.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "build_config.h"

#if HAVE_ZONES
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/nearest.h"
#endif

static bool is_utc(const char *name)
{
    return strcmp(name, "UTC") == 0;
}

#if HAVE_ZONES

enum {
    longest_name = 64,
    most_names = 1024,
};

/* GLib looks there too. */
static const char *zone_folder(void)
{
    const char *folder = getenv("TZDIR");

    return folder && *folder ? folder : "/usr/share/zoneinfo";
}

/* +05:30 */
static bool is_distance(const char *name)
{
    return strlen(name) == 6 && (name[0] == '+' || name[0] == '-') && isdigit(name[1]) &&
           isdigit(name[2]) && name[3] == ':' && isdigit(name[4]) && isdigit(name[5]);
}

/* GLib would also take a path, and a rule such as CET-1CEST: only names that the database has. */
static bool is_known(const char *name)
{
    char path[4096];

    if (strlen(name) > longest_name || !isalpha((unsigned char)*name) ||
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") !=
            strlen(name))
        return false;
    int len = snprintf(path, sizeof path, "%s/%s", zone_folder(), name);
    return len < (int)sizeof path && access(path, R_OK) == 0;
}

/* The names in the database's table of zones (third column), owned each. */
static size_t read_names(char *names[most_names])
{
    auto_free char *path = text_format("%s/zone.tab", zone_folder());
    auto_fclose FILE *file = fopen(path, "re");
    char line[512], name[longest_name + 1];
    size_t count = 0;

    while (file && count < most_names && fgets(line, sizeof line, file))
        if (line[0] != '#' && sscanf(line, "%*s %*s %64s", name) == 1)
            names[count++] = text_copy(name);
    return count;
}

/* "paris" is meant as Europe/Paris. */
static const char *find_city(const char *name, char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(names[i], '/');
        if (slash && strcasecmp(slash + 1, name) == 0)
            return names[i];
    }
    return NULL;
}

static bool set_unknown(const char *name, struct error *error)
{
    char *names[most_names];
    size_t count = read_names(names);
    const char *nearest = find_city(name, names, count);

    if (!nearest)
        nearest = nearest_word(name, (const char *const *)names, count);
    if (count == 0)
        error_set(error,
            "unknown time zone \"%s\": this machine has no table of zones in %s (Debian: package "
            "tzdata)",
            name, zone_folder());
    else if (nearest)
        error_set(error, "unknown time zone \"%s\"; did you mean \"%s\"?", name, nearest);
    else
        error_set(
            error, "unknown time zone \"%s\": name one such as Europe/Paris, +05:30 or UTC", name);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return false;
}

bool zone_init(struct zone *zone, const char *name, struct error *error)
{
    *zone = (struct zone){0};
    if (is_utc(name))
        return true;
    if (is_distance(name) || is_known(name))
        zone->table = g_time_zone_new_identifier(name);
    return zone->table || set_unknown(name, error);
}

void zone_finish(struct zone *zone)
{
    if (zone->table)
        g_time_zone_unref(zone->table);
    *zone = (struct zone){0};
}

void zone_format(const struct zone *zone, int64_t ms, char text[TIMESTAMP_SIZE])
{
    if (!zone->table) {
        timestamp_format_human(ms, text);
        return;
    }
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    int interval = g_time_zone_find_interval(zone->table, G_TIME_TYPE_UNIVERSAL, seconds);
    timestamp_format_human(ms + g_time_zone_get_offset(zone->table, interval) * 1000L, text);
    char *abbreviation = strrchr(text, ' ') + 1;
    snprintf(abbreviation, (size_t)(text + TIMESTAMP_SIZE - abbreviation), "%s",
        g_time_zone_get_abbreviation(zone->table, interval));
}

#else

bool zone_init(struct zone *zone, const char *name, struct error *error)
{
    *zone = (struct zone){0};
    return is_utc(name) ||
           error_set(error,
               "time zone \"%s\": this tocsin was built without time zones and knows UTC alone",
               name);
}

void zone_finish(struct zone *zone)
{
    *zone = (struct zone){0};
}

void zone_format(const struct zone *zone, int64_t ms, char text[TIMESTAMP_SIZE])
{
    (void)zone;
    timestamp_format_human(ms, text);
}

#endif

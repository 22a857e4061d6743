#include "rule/vocabulary.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    ALERTS = FAMILY_ALERT | FAMILY_COMMENT,
    CASES = FAMILY_CASE,
    SEKOIA = FAMILY_ALERT | FAMILY_COMMENT | FAMILY_CASE | FAMILY_PROPOSAL,
    ANY = SEKOIA | FAMILY_OTHER,
};

static const char *const types[] = {
    "alert", "alert-comment", "case", "content-proposal", "tocsin", NULL};
static const char *const actions[] = {"created", "updated", "deleted", "alerts-updated", NULL};
static const char *const statuses[] = {
    "Pending", "Acknowledged", "Ongoing", "Rejected", "Closed", NULL};
static const char *const urgencies[] = {"Low", "Moderate", "High", "Major", "Urgent", NULL};
static const char *const stages[] = {"open", "in_progress", "closed", NULL};
static const char *const verdict_stages[] = {"false_positive", "true_positive", NULL};
static const char *const priorities[] = {"low", "medium", "high", NULL};
static const char *const priority_labels[] = {"Low", "Medium", "High", "Critical", NULL};
static const char *const case_statuses[] = {"opened", NULL};
static const char *const changes[] = {"status", "urgency", "occurrences", "alerts", "title",
    "description", "assignees", "tags", "priority", NULL};
static const char *const categories[] = {"abusive-usage", "information-content-security",
    "information-gathering", "intrusion-attempts", "intrusions", "malicious-code",
    "malicious-traffic", NULL};
static const char *const kinds[] = {"application-compromise", "appscan", "bandwidth-upload",
    "brute-force", "ddos", "exploit", "malware", "outage", "phishing", "rat-traffic", "scanner",
    "spam", "system-compromise", "unauthorised-information-access", "unauthorized-use-of-resources",
    NULL};

/* Where the words stand, and in events of which families a path means them. */
static const struct place_of_words {
    const char *path;
    int families;
    const char *const *words;
} places[] = {
    {"type", ANY, types},
    {"action", SEKOIA, actions},
    {"changed", SEKOIA, changes},
    {"status", ALERTS, statuses},
    {"alert.status.name", ALERTS, statuses},
    {"attributes.status_name", ALERTS, statuses},
    {"attributes.updated.status_name", ALERTS, statuses},
    {"alert.urgency.display", ALERTS, urgencies},
    {"alert.custom_status.stage", ALERTS, stages},
    {"alert.verdict.stage", ALERTS, verdict_stages},
    {"alert.alert_type.category", ALERTS, categories},
    {"attributes.alert_type_category", ALERTS, categories},
    {"alert.alert_type.value", ALERTS, kinds},
    {"attributes.alert_type_value", ALERTS, kinds},
    {"case.status", CASES, case_statuses},
    {"case.priority", CASES, priorities},
    {"attributes.priority", CASES, priorities},
    {"case.custom_priority.label", CASES, priority_labels},
    {"case.custom_status.stage", CASES, stages},
    {"case.verdict.stage", CASES, verdict_stages},
};

/* The keys of an update that rules see under another name (event/view.h). */
static const struct {
    const char *written, *meant;
} renamed[] = {
    {"status_name", "status"},
    {"status_uuid", "status"},
    {"dynamic_urgency_value", "urgency"},
    {"similar", "occurrences"},
    {"added_alerts_uuid", "alerts"},
    {"deleted_alerts_uuid", "alerts"},
};

static char folded(char byte)
{
    return byte == '_' || byte == ' ' ? '-' : (char)tolower((unsigned char)byte);
}

static bool is_another_way(const char *word, const char *known)
{
    for (; *word && *known; word++, known++)
        if (folded(*word) != folded(*known))
            return false;
    return *word == *known;
}

static const char *find(const char *const *words, const char *word)
{
    for (; *words; words++)
        if (is_another_way(word, *words))
            return strcmp(*words, word) == 0 ? NULL : *words;
    return NULL;
}

static const char *find_renamed(const char *word)
{
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (strcmp(renamed[i].written, word) == 0)
            return renamed[i].meant;
    return NULL;
}

const char *vocabulary_meant(const char *path, int families, const char *word)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!(places[i].families & families) || strcmp(places[i].path, path) != 0)
            continue;
        const char *meant = find(places[i].words, word);
        if (!meant && places[i].words == changes)
            meant = find_renamed(word);
        return meant;
    }
    return NULL;
}

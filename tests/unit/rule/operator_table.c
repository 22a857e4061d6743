#include "operator_table.h"

#include <stddef.h>

const int64_t operator_now_ms = 1789000000000; /* 2026-09-10T00:26:40Z */

const char *const operator_kinds[OPERATOR_KINDS] = {"absent", "null", "empty", "text", "number",
    "numeric text", "flag", "empty list", "texts", "numbers", "objects", "lists", "object",
    "unknown"};

#define COMMON_VALUES                                                                              \
    {                                                                                              \
        NULL, "null", "\"\"", "\"abc\"", "80", "\"80\"", "true", "[]", "[\"abc\",\"xyz\"]",        \
            "[80,5]", "[{\"a\":1}]", "[[\"abc\"]]", "{\"a\":1}", NULL                              \
    }

static const struct operator_row equality[] = {
    {"x: abc", "NNNYNNNNYNNNNU"},
    {"x: ABC", "NNNNNNNNNNNNNU"},
    {"x: 80", "NNNNYYNNNYNNNU"},
    {"x: 80.0", "NNNNYNNNNYNNNU"},
    {"x: 8e1", "NNNNYNNNNYNNNU"},
    {"x: 080", "NNNNNNNNNNNNNU"},
    {"x: true", "NNNNNNYNNNNNNU"},
    {"x: [abc, 80]", "NNNYYYNNYYNNNU"},
    {"x: {eq: abc}", "NNNYNNNNYNNNNU"},
    {"x: {in: [abc, 80]}", "NNNYYYNNYYNNNU"},
    {"x: {in: [abc]}", "NNNYNNNNYNNNNU"},
    {"x: {ne: abc}", "YYYNYYYYNYYYYU"},
    {"x: {ne: 80}", "YYYYNNYYYNYYYU"},
    {"x: {ne: [abc, 80]}", "YYYNNNYYNNYYYU"},
    {"not: {x: abc}", "YYYNYYYYNYYYYU"},
    {"not: {x: [abc, 80]}", "YYYNNNYYNNYYYU"},
    {"not: {x: {ne: abc}}", "NNNYNNNNYNNNNU"},
    {NULL, NULL},
};

static const struct operator_row presence[] = {
    {"x: {exists: true}", "NNYYYYYYYYYYYU"},
    {"x: {exists: false}", "YYNNNNNNNNNNNU"},
    {"not: {x: {exists: true}}", "YYNNNNNNNNNNNU"},
    {"x: {exists: true, ne: abc}", "NNYNYYYYNYYYYU"},
    {NULL, NULL},
};

static const struct operator_row numbers[] = {
    {"x: {gt: 79.5}", "NNNNYYNNNYNNNU"},
    {"x: {gt: 80}", "NNNNNNNNNNNNNU"},
    {"x: {gte: 80}", "NNNNYYNNNYNNNU"},
    {"x: {lt: 80}", "NNNNNNNNNYNNNU"},
    {"x: {lte: 80}", "NNNNYYNNNYNNNU"},
    {"x: {lte: -1}", "NNNNNNNNNNNNNU"},
    {"x: {gte: 5, lt: 80}", "NNNNNNNNNYNNNU"},
    {"x: {gte: 6, lt: 80}", "NNNNNNNNNNNNNU"}, /* of 80 and 5, neither is both */
    {"x: {gte: 5, ne: 80}", "NNNNNNNNNNNNNU"},
    {"x: {gte: 5, exists: true}", "NNNNYYNNNYNNNU"},
    {"not: {x: {gte: 80}}", "YYYYNNYYYNYYYU"},
    {NULL, NULL},
};

static const struct operator_row texts[] = {
    {"x: {contains: b}", "NNNYNNNNYNNNNU"},
    {"x: {contains: 8}", "NNNNYYNNNYNNNU"},
    {"x: {contains: ru}", "NNNNNNYNNNNNNU"},
    {"x: {contains: [b, 8]}", "NNNYYYNNYYNNNU"},
    {"x: {glob: 'a*'}", "NNNYNNNNYNNNNU"},
    {"x: {glob: 'a'}", "NNNNNNNNNNNNNU"},
    {"x: {glob: '*'}", "NNYYYYYNYYNNNU"},
    {"x: {glob: ['a?c', '8?']}", "NNNYYYNNYYNNNU"},
    {"x: {regex: b}", "NNNYNNNNYNNNNU"},
    {"x: {regex: B}", "NNNNNNNNNNNNNU"},
    {"x: {regex: '(?i)B'}", "NNNYNNNNYNNNNU"},
    {"x: {regex: '^8'}", "NNNNYYNNNYNNNU"},
    {"x: {regex: 'e$'}", "NNNNNNYNNNNNNU"},
    {"x: {regex: '^$'}", "NNYNNNNNNNNNNU"},
    {"not: {x: {contains: b}}", "YYYNYYYYNYYYYU"},
    {"not: {x: {glob: 'a*'}}", "YYYNYYYYNYYYYU"},
    {"not: {x: {regex: b}}", "YYYNYYYYNYYYYU"},
    {NULL, NULL},
};

static const struct operator_row levels[] = {
    {"x: high", "NNNYNNNNNNNNNU"},
    {"x: {gt: high}", "NNNNNNNNYNNNNU"},
    {"x: {gte: medium}", "NNNYNNNNYNNNNU"},
    {"x: {lt: high}", "NNNNNNNNYNNNNU"},
    {"x: {lte: high}", "NNNYNNNNYNNNNU"},
    {"not: {x: {gte: medium}}", "YYYNYYYYNYYYYU"},
    {NULL, NULL},
};

static const struct operator_row times[] = {
    {"x: {gt: '2026-09-01T00:00:00Z'}", "NNNYYYNNYYNNNU"},
    {"x: {gte: '2026-09-10T02:00:00+02:00'}", "NNNYNNNNYNNNNU"},
    {"x: {lt: '2026-09-01T00:00:00Z'}", "NNNNNNNNYYNNNU"},
    {"x: {lte: '2026-09-10T00:00:00Z'}", "NNNYYYNNYYNNNU"},
    {"x: {newer_than: 2h}", "NNNYYYNNYYNNNU"},
    {"x: {newer_than: 30m}", "NNNYNNNNYNNNNU"},
    {"x: {older_than: 30m}", "NNNNYYNNYYNNNU"},
    {"x: {older_than: 30m, newer_than: 2h}", "NNNNYYNNNYNNNU"},
    {"not: {x: {newer_than: 2h}}", "YYYNNNYYNNYYYU"},
    {"not: {x: {older_than: 30m}}", "YYYYNNYYNNYYYU"},
    {NULL, NULL},
};

static const struct operator_row addresses[] = {
    {"x: {cidr: 7.7.7.0/24}", "NNNYNNNNNNNNNU"},
    {"x: {cidr: 7.7.7.7}", "NNNYNNNNNNNNNU"},
    {"x: {cidr: 10.0.0.0/8}", "NNNNNNNNYNNNNU"},
    {"x: {cidr: '2001:db8::/32'}", "NNNNNNNNYNNNNU"},
    {"x: {cidr: [7.7.7.0/24, '2001:db8::/32']}", "NNNYNNNNYNNNNU"},
    {"not: {x: {cidr: 10.0.0.0/8}}", "YYYYYYYYNYYYYU"},
    {NULL, NULL},
};

static const struct operator_row elements[] = {
    {"x: {has: {slug: team}}", "NNNNNNNNNNYNYU"},
    {"x: {has: {slug: team, value: red}}", "NNNNNNNNNNYNYU"},
    {"x: {has: {slug: site, value: red}}", "NNNNNNNNNNNNNU"},
    {"x: {has: {slug: [unit, site]}}", "NNNNNNNNNNYNNU"},
    {"x: {has: {value: {gte: 5}}}", "NNNNNNNNNNYNNU"},
    {"x: {has: {slug: {ne: team}}}", "NNNNNNNNNNYNNU"},
    {"x: {has: {owner.name: {exists: false}}}", "NNNNNNNNNNYNYU"},
    {"x: {has: {any: [{slug: unit}, {value: red}]}}", "NNNNNNNNNNYNYU"},
    {"not: {x: {has: {slug: team}}}", "YYYYYYYYYYNYNU"},
    {NULL, NULL},
};

const struct operator_group operator_groups[] = {
    {"Equal or not", COMMON_VALUES, equality},
    {"There or not", COMMON_VALUES, presence},
    {"Numbers in order", COMMON_VALUES, numbers},
    {"Inside texts", COMMON_VALUES, texts},
    {"Levels in order",
        {NULL, "null", "\"\"", "\"high\"", "80", "\"80\"", "true", "[]", "[\"low\",\"urgent\"]",
            "[80,5]", "[{\"a\":\"high\"}]", "[[\"high\"]]", "{\"a\":\"high\"}", NULL},
        levels},
    {"Times and ages, of an event that was accepted at 2026-09-10T00:26:40Z",
        {NULL, "null", "\"\"", "\"2026-09-10T00:00:00\"", "1788996400", "\"1788996400\"", "true",
            "[]", "[\"2026-09-10T00:00:00Z\",\"2025-01-01T00:00:00Z\"]", "[1788996400,80]",
            "[{\"at\":1788996400}]", "[[1788996400]]", "{\"at\":1788996400}", NULL},
        times},
    {"Addresses in networks",
        {NULL, "null", "\"\"", "\"DMZ-01 (7.7.7.7)\"", "80", "\"80\"", "true", "[]",
            "[\"10.1.2.3\",\"2001:db8::1\"]", "[80,5]", "[{\"ip\":\"7.7.7.7\"}]", "[[\"7.7.7.7\"]]",
            "{\"ip\":\"7.7.7.7\"}", NULL},
        addresses},
    {"Objects in lists",
        {NULL, "null", "\"\"", "\"team\"", "80", "\"80\"", "true", "[]", "[\"team\",\"red\"]",
            "[80,5]", "[{\"slug\":\"team\",\"value\":\"red\"},{\"slug\":\"site\",\"value\":7}]",
            "[[{\"slug\":\"team\"}]]", "{\"slug\":\"team\",\"value\":\"red\"}", NULL},
        elements},
    {NULL, {NULL}, NULL},
};

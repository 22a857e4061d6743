#include "memory_engine.h"

static struct journal *open_memory(struct ledger *ledger, struct error *error)
{
    (void)error;
    if (!ledger->memory)
        ledger->memory = memory_create();
    return memory_journal_open(ledger->memory, ledger->base);
}

static struct archive *open_memory_archive(struct ledger *ledger, struct error *error)
{
    (void)error;
    return memory_archive_open(ledger->memory);
}

static void die_with_memory(struct ledger *ledger)
{
    memory_journal_die(ledger->journal);
}

const struct ledger_engine memory_engine = {
    .name = "memory",
    .open = open_memory,
    .open_archive = open_memory_archive,
    .die = die_with_memory,
};

/* The memory engine as ledger.h opens it. */
#ifndef TOCSIN_TESTS_STORE_MEMORY_ENGINE_H
#define TOCSIN_TESTS_STORE_MEMORY_ENGINE_H

#include "ledger.h"
#include "memory.h"

/* Whoever closes the ledger destroys its memory. */
extern const struct ledger_engine memory_engine;

#endif

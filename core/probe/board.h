/* What a probe writes down: a process that runs a plugin to see how it behaves, and may be ended by
 * it at any moment. The board is memory that it shares with the checker who started it, so that
 * nothing that the plugin does to the process takes the findings along. */
#ifndef TOCSIN_PROBE_BOARD_H
#define TOCSIN_PROBE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* In the order of the card. */
enum probe_check {
    CHECK_SYMBOLS,       /* exactly one exported symbol */
    CHECK_LOAD,          /* it can be loaded, and the process can end */
    CHECK_DESCRIPTOR,    /* complete, of this interface */
    CHECK_OPTIONS,       /* the table is true, and documented */
    CHECK_CONFIGURATION, /* it takes its options, or says why not */
    CHECK_INSTANCES,     /* they share nothing */
    CHECK_MESSAGES,      /* whatever the message, the request is a whole one */
    CHECK_STATUSES,      /* whatever the answer, the outcome is sane */
    CHECK_PEERS,         /* whatever the far end does, nothing is said to be delivered wrongly */
    CHECK_DEADLINE,      /* and it is said in time */
    CHECK_SECRETS,       /* they are shown nowhere */
    CHECK_OUTPUT,        /* nothing is written to standard output or standard error */
    CHECK_LEFTOVERS,     /* nothing stays behind after close */
    CHECK_MEMORY,        /* none is lost, none is misused */
    CHECK_CALLS,         /* every call comes back */
    CHECK_COUNT
};

/* What a probe can be told to do, a bit each. */
enum probe_group {
    GROUP_DESCRIBE,
    GROUP_PEERS, /* early: who is late at one far end is late everywhere */
    GROUP_INSTANCES,
    GROUP_MESSAGES,
    GROUP_STATUSES,
    GROUP_LEFTOVERS,
    GROUP_COUNT
};

/* Far ends that behave in some way, each on a port of its own. */
enum probe_peer {
    PEER_REFUSES,
    PEER_SILENT,     /* takes all and answers nothing */
    PEER_SILENT_TOO, /* another one, for a second instance */
    PEER_STUCK,      /* connects and takes nothing */
    PEER_CLOSES,     /* at once */
    PEER_RESETS,     /* at once */
    PEER_DRIPS,      /* answers a byte from time to time */
    PEER_BABBLES,    /* answers what nobody understands */
    PEER_COUNT
};

enum {
    PROBE_WORDS = 480,
    PROBE_FINDINGS = 48,
    PROBE_ABOUT = 65536,
    PROBE_BOARD_FD = 3,     /* where the checker put the board */
    PROBE_DEADLINE_MS = 300 /* of an attempt */
};

struct probe_finding {
    uint32_t check;
    char words[PROBE_WORDS]; /* one sentence: what call, with what, and what to do */
};

struct probe_board {
    /* The checker's. */
    uint32_t groups;      /* bits */
    uint32_t rounds;      /* how often a call is repeated to see what it leaves */
    int64_t patience_ms;  /* for a call that must not block */
    int64_t grace_ms;     /* past a deadline */
    uint64_t object_size; /* of the descriptor, as the file has it */
    char scratch[256];    /* a folder for files that the plugin makes */
    uint16_t ports[PEER_COUNT];
    _Atomic uint64_t received[PEER_COUNT]; /* bytes that the peer was sent */

    /* The probe's: where it is. */
    _Atomic int64_t call_began_ms; /* monotonic; 0: not in the plugin */
    int64_t call_patience_ms;
    uint32_t call_check; /* what it is for */
    char call[32];       /* "render" */
    char call_with[64];  /* "with message `hostile`" */
    uint32_t groups_done;
    bool is_whole; /* all that was asked for is done: what follows is the process's end */

    /* And what it found. */
    bool is_checked[CHECK_COUNT]; /* it came to the check's end; see the findings */
    char notes[CHECK_COUNT][256]; /* of a check that passed, or was not applicable */
    bool is_not_applicable[CHECK_COUNT];
    char undone[PROBE_WORDS]; /* why the plugin could not be tried at all; "" */
    uint32_t finding_count, finding_rest;
    struct probe_finding findings[PROBE_FINDINGS];
    char about[PROBE_ABOUT]; /* what the plugin says of itself, as JSON; "" */
};

/* "messages", for people. */
const char *probe_check_name(enum probe_check check);

/* Adds a finding; it is cut to its room and made one line. What does not fit any more is counted.
 */
void probe_board_find(struct probe_board *board, enum probe_check check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The check came to its end: well, unless there are findings. */
void probe_board_pass(struct probe_board *board, enum probe_check check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void probe_board_excuse(struct probe_board *board, enum probe_check check, const char *why);

/* How many findings there are of a check. */
uint32_t probe_board_count(const struct probe_board *board, enum probe_check check);

#endif

/* Small texts by name. */
#include "../../cmocka_setup.h"

#include "contract.h"

static void test_notes_are_kept_replaced_removed_and_listed_by_prefix(void **state)
{
    struct ledger *ledger = *state;

    put_note(ledger, "pause/teams", "1");
    put_note(ledger, "pause/mail", "2");
    put_note(ledger, "heard/soc", "3");
    put_note(ledger, "pause", "4");
    put_note(ledger, "pause/teams", "5");
    put_note(ledger, "pause/siem", "6");
    put_note(ledger, "pause/siem", NULL);
    put_note(ledger, "nothing", NULL);
    ledger_close(ledger);
    ledger_open(ledger);

    struct listed_notes notes = list_notes(ledger, "pause/");
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.rows[0].key, "pause/mail");
    assert_string_equal(notes.rows[1].key, "pause/teams");
    assert_string_equal(notes.rows[1].value, "5");
    assert_int_equal(list_notes(ledger, "").count, 4);
    assert_int_equal(list_notes(ledger, "z").count, 0);
    assert_int_equal(list_notes(ledger, "PAUSE").count, 0);
}

const struct stories note_stories =
    STORIES(STORY(test_notes_are_kept_replaced_removed_and_listed_by_prefix));

#include "../cmocka_setup.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mailbox.h"
#include "base/mem.h"

enum {
    sent = 10000,
    boxes = 300,
};

struct number {
    struct letter letter;
    int value;
};

static void *send_numbers(void *arg)
{
    for (int i = 0; i < sent; i++) {
        struct number *number = mem_alloc(sizeof *number);
        number->value = i;
        mailbox_post(arg, &number->letter);
    }
    return NULL;
}

static void test_letters_arrive_whole_and_in_order(void **state)
{
    struct mailbox *box = mailbox_create();
    pthread_t sender;
    int next = 0;

    (void)state;
    pthread_create(&sender, NULL, send_numbers, box);
    while (next < sent) {
        struct letter *letter = mailbox_wait(box, -1);
        while (letter) {
            struct number *number = (struct number *)letter;
            letter = letter->next;
            assert_int_equal(number->value, next++);
            free(number);
        }
    }
    pthread_join(sender, NULL);
    mailbox_destroy(box);
}

static int is_readable(const struct mailbox *box)
{
    struct pollfd fd = {.fd = mailbox_fd(box), .events = POLLIN};

    return poll(&fd, 1, 0);
}

static void test_the_descriptor_tells_whether_letters_wait(void **state)
{
    struct mailbox *box = mailbox_create();
    struct letter one, two;

    (void)state;
    assert_int_equal(is_readable(box), 0);
    assert_null(mailbox_take_all(box));
    mailbox_post(box, &one);
    mailbox_post(box, &two);
    assert_int_equal(is_readable(box), 1);
    assert_ptr_equal(mailbox_take_all(box), &one);
    assert_ptr_equal(one.next, &two);
    assert_int_equal(is_readable(box), 0);
    mailbox_destroy(box);
}

static void *post(void *arg)
{
    static struct letter letter;

    mailbox_post(arg, &letter);
    return NULL;
}

/* The sender may still be on its way out of the box. */
static void test_a_reader_may_destroy_the_box_when_it_has_the_last_letter(void **state)
{
    (void)state;
    for (int i = 0; i < boxes; i++) {
        struct mailbox *box = mailbox_create();
        pthread_t sender;
        pthread_create(&sender, NULL, post, box);
        while (!mailbox_take_all(box))
            ;
        mailbox_destroy(box);
        pthread_join(sender, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_arrive_whole_and_in_order),
        cmocka_unit_test(test_the_descriptor_tells_whether_letters_wait),
        cmocka_unit_test(test_a_reader_may_destroy_the_box_when_it_has_the_last_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

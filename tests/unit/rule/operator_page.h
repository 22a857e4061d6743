/* The operators' table as docs/rules.md shows it. */
#ifndef TOCSIN_TESTS_OPERATOR_PAGE_H
#define TOCSIN_TESTS_OPERATOR_PAGE_H

/* The table in Markdown; the caller frees it. */
char *operator_page(void);

/* What stands in the page between the marks of the table; NULL without them. The caller frees it.
 */
char *operator_page_shown(const char *page);

/* The page with the table put between the marks; NULL without them. The caller frees it. */
char *operator_page_put(const char *page, const char *table);

#endif

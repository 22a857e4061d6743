/* What libyaml says of a text that is no YAML, in words that name the cure where it is known. */
#ifndef TOCSIN_CONFIG_SYNTAX_H
#define TOCSIN_CONFIG_SYNTAX_H

struct problems;
struct source;
struct yaml_parser_s;

/* Reports the error that stopped the parser. */
void syntax_report(
    const struct yaml_parser_s *parser, struct source *source, struct problems *problems);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* CQL2 text in the middle of being read: tokens and literals. */
#ifndef ENGINE_CQL_PARSE_TEXT_H
#define ENGINE_CQL_PARSE_TEXT_H

#include "cql/ast.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,   /* identifier or keyword */
    TOKEN_QUOTED, /* "identifier" */
    TOKEN_STRING, /* 'text' */
    TOKEN_NUMBER,
    TOKEN_SYMBOL, /* one of <= >= <> != and single characters */
    TOKEN_BROKEN
};

struct token {
    enum token_kind kind;
    struct im_bytes text; /* as written, with quotes */
    struct cql_where where;
};

struct parser {
    struct cql_reader *r;
    struct im_bytes text;
    size_t pos;        /* behind the token */
    size_t counted;    /* characters are counted up to here ... */
    size_t characters; /* ... and are that many */
    struct token token;
    unsigned depth;
    const struct cql_node *group; /* the newest expression in brackets of its own */
};

static inline bool cql_is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* tokens.c */
void cql_advance(struct parser *p);
int cql_byte_at(const struct parser *p, size_t at);
/** Say what is wrong with the token. False. */
bool cql_refuse_token(struct parser *p, const char *zh, const char *en);
/** `word` in capitals; the token may be in any case. */
bool cql_is_word(const struct token *token, const char *word);
bool cql_is_symbol(const struct token *token, const char *symbol);
/** Is it the tag of a geometry, a word that stands between operands? */
bool cql_is_type(const struct token *token, enum geom_type type);
bool cql_is_reserved(const struct token *token);
bool cql_is_open_next(const struct parser *p);
bool cql_take_word(struct parser *p, const char *word);
bool cql_take_symbol(struct parser *p, const char *symbol);
bool cql_need_symbol(struct parser *p,
                     const char *symbol,
                     const char *zh,
                     const char *en);
bool cql_need_open(struct parser *p);
bool cql_need_close(struct parser *p);

/* literals.c; all of them: NULL and the reader's rc */
const struct cql_node *cql_make(struct parser *p,
                                enum cql_op op,
                                struct cql_where where,
                                const struct cql_node *a,
                                const struct cql_node *b);
const struct cql_node *cql_parse_string(struct parser *p, enum cql_op op);
const struct cql_node *cql_parse_property(struct parser *p);
const struct cql_node *
cql_parse_number(struct parser *p, bool is_negative, struct cql_where where);
const struct cql_node *cql_parse_truth(struct parser *p, bool truth);
const struct cql_node *cql_parse_tagged_instant(struct parser *p, enum cql_op op);
const struct cql_node *cql_parse_interval(struct parser *p);
const struct cql_node *cql_parse_bbox(struct parser *p);
bool cql_is_geometry(const struct parser *p);
const struct cql_node *cql_parse_geometry(struct parser *p);

/* parse_text.c */
const struct cql_node *cql_parse_sum(struct parser *p);

#endif

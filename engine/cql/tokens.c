/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of CQL2 text (OGC 21-065r2, Annex B). */
#include "cql/parse_text.h"

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_within(uint32_t c, const uint32_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

/* The grammar's identifierStart */
static bool starts_name(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {':', ':'},       {'_', '_'},       {'A', 'Z'},       {'a', 'z'},
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
        {0x37F, 0x1FFE},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
        {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF}};

    return is_within(c, ranges, sizeof ranges / sizeof *ranges);
}

static bool continues_name(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {'.', '.'}, {'0', '9'}, {0x300, 0x36F}, {0x203F, 0x2040}};

    return starts_name(c) || is_within(c, ranges, sizeof ranges / sizeof *ranges);
}

int cql_byte_at(const struct parser *p, size_t at)
{
    return at < p->text.len ? p->text.data[at] : -1;
}

static size_t end_of_name(const struct parser *p, size_t at)
{
    while (at < p->text.len) {
        size_t next = at;

        if (!continues_name(im_utf8_next(p->text, &next)))
            break;
        at = next;
    }
    return at;
}

static size_t end_of_number(const struct parser *p, size_t at)
{
    while (cql_is_digit(cql_byte_at(p, at)))
        at++;
    if (cql_byte_at(p, at) == '.')
        at++;
    while (cql_is_digit(cql_byte_at(p, at)))
        at++;
    if ((cql_byte_at(p, at) | 32) == 'e') {
        size_t sign = cql_byte_at(p, at + 1) == '+' || cql_byte_at(p, at + 1) == '-';

        if (!cql_is_digit(cql_byte_at(p, at + 1 + sign)))
            return at;
        at += 1 + sign;
        while (cql_is_digit(cql_byte_at(p, at)))
            at++;
    }
    return at;
}

/* Behind the closing quote; 0 when there is none. A doubled quote is one of the text.
 */
static size_t end_of_quotes(const struct parser *p, size_t at)
{
    int quote = cql_byte_at(p, at);

    for (at++; at < p->text.len; at++) {
        if (cql_byte_at(p, at) != quote)
            continue;
        if (cql_byte_at(p, at + 1) != quote)
            return at + 1;
        at++;
    }
    return 0;
}

static size_t end_of_symbol(const struct parser *p, size_t at)
{
    int a = cql_byte_at(p, at);
    int b = cql_byte_at(p, at + 1);

    return at + ((a == '<' && (b == '=' || b == '>')) || (a == '>' && b == '=') ||
                         (a == '!' && b == '=')
                     ? 2
                     : 1);
}

static struct cql_where where_is(struct parser *p, size_t at)
{
    while (p->counted < at) {
        im_utf8_next(p->text, &p->counted);
        p->characters++;
    }
    return (struct cql_where){p->characters + 1, ""};
}

static enum token_kind scan(struct parser *p, size_t at, size_t *end)
{
    int c = cql_byte_at(p, at);
    size_t next = at;

    *end = at;
    if (c < 0)
        return TOKEN_END;
    if (cql_is_digit(c) || (c == '.' && cql_is_digit(cql_byte_at(p, at + 1)))) {
        *end = end_of_number(p, at);
        return TOKEN_NUMBER;
    }
    if (c == '\'' || c == '"') {
        *end = end_of_quotes(p, at);
        return *end == 0 ? TOKEN_BROKEN : c == '"' ? TOKEN_QUOTED : TOKEN_STRING;
    }
    if (starts_name(im_utf8_next(p->text, &next))) {
        *end = end_of_name(p, at);
        return TOKEN_NAME;
    }
    if (strchr("()[],<>=!+-*/%^", c)) {
        *end = end_of_symbol(p, at);
        return TOKEN_SYMBOL;
    }
    *end = next;
    return TOKEN_BROKEN;
}

bool cql_refuse_token(struct parser *p, const char *zh, const char *en)
{
    bool is_end = p->token.kind == TOKEN_END;

    if (p->r->rc == IM_OK)
        p->r->rc = cql_refuse(p->r->fault, p->r->err, IM_EARG, p->token.where,
                              p->token.text, zh, en, is_end ? "条件到此结束" : NULL,
                              is_end ? "the filter ends there" : NULL);
    return false;
}

void cql_advance(struct parser *p)
{
    size_t at = p->pos;
    size_t end;

    while (is_space(cql_byte_at(p, at)))
        at++;
    p->token.kind = scan(p, at, &end);
    p->token.where = where_is(p, at);
    p->token.text = (struct im_bytes){p->text.data + at, end > at ? end - at : 0};
    p->pos = end > at ? end : at;
    if (p->token.kind == TOKEN_BROKEN && end > at)
        cql_refuse_token(p, "不认识的字符", "unknown character");
    else if (p->token.kind == TOKEN_BROKEN)
        cql_refuse_token(p, "引号没有闭合", "a quote is not closed");
}

bool cql_is_word(const struct token *token, const char *word)
{
    if (token->kind != TOKEN_NAME || token->text.len != strlen(word))
        return false;
    for (size_t i = 0; word[i]; i++)
        if ((token->text.data[i] & ~32) != word[i])
            return false;
    return true;
}

bool cql_is_symbol(const struct token *token, const char *symbol)
{
    return token->kind == TOKEN_SYMBOL &&
           im_bytes_equal(token->text, im_bytes_of(symbol));
}

bool cql_take_word(struct parser *p, const char *word)
{
    if (!cql_is_word(&p->token, word))
        return false;
    cql_advance(p);
    return true;
}

bool cql_take_symbol(struct parser *p, const char *symbol)
{
    if (!cql_is_symbol(&p->token, symbol))
        return false;
    cql_advance(p);
    return true;
}

bool cql_need_symbol(struct parser *p,
                     const char *symbol,
                     const char *zh,
                     const char *en)
{
    return cql_take_symbol(p, symbol) || cql_refuse_token(p, zh, en);
}

bool cql_need_close(struct parser *p)
{
    return cql_need_symbol(p, ")", "应为 , 或 )，括号没有闭合",
                           "expected ',' or ')' to close the bracket");
}

bool cql_need_open(struct parser *p)
{
    return cql_need_symbol(p, "(", "应为 (", "expected '('");
}

bool cql_is_open_next(const struct parser *p)
{
    size_t at = p->pos;

    while (is_space(cql_byte_at(p, at)))
        at++;
    return cql_byte_at(p, at) == '(';
}

bool cql_is_type(const struct token *token, enum geom_type type)
{
    char upper[24];
    const char *name = geom_type_name(type);
    size_t n = 0;

    for (; name[n]; n++)
        upper[n] = (char)(name[n] & ~32);
    upper[n] = '\0';
    return cql_is_word(token, upper);
}

bool cql_is_reserved(const struct token *token)
{
    static const char *const words[] = {"AND",     "OR", "NOT", "LIKE", "ILIKE",
                                        "BETWEEN", "IN", "IS",  "NULL", "DIV"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cql_is_word(token, words[i]))
            return true;
    return false;
}

bool cql_is_function_name(struct im_bytes name)
{
    static const char *const taken[] = {"TRUE",     "FALSE", "DATE",    "TIMESTAMP",
                                        "INTERVAL", "BBOX",  "ENVELOPE"};
    struct parser p = {.text = name};
    struct token token = {TOKEN_NAME, name, {0, ""}};
    size_t next = 0;

    if (name.len == 0 || !starts_name(im_utf8_next(name, &next)) ||
        end_of_name(&p, 0) != name.len || cql_is_reserved(&token))
        return false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (cql_is_word(&token, taken[i]))
            return false;
    for (int i = GEOM_TYPE_POINT; i <= GEOM_TYPE_COLLECTION; i++)
        if (cql_is_type(&token, (enum geom_type)i))
            return false;
    return true;
}

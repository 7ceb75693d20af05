/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/text/reading.c and the tables that it reads. */
#include <test.h>

#include "search/words.h"
#include "text/han.h"

#include <stdio.h>

static bool is_found(const char *name, const char *words, enum search_found how)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct im_buf searched = {.max = 1000};
    struct search_words w;
    struct im_error err;

    text_searched(im_bytes_of(name), TEXT_SPACES_OF_LATIN, &searched);
    assert_int_equal(search_words_parse(im_bytes_of(words), arena, &w, &err), IM_OK);
    enum search_found found =
        search_find(&w.terms[0].pattern, im_buf_bytes(&searched), how);
    im_buf_release(&searched);
    im_arena_free(arena);
    return found != SEARCH_NOT_FOUND;
}

struct reading {
    const char *name;
    const char *right;
    const char *wrong; /* what one reading a character would give; NULL: none */
};

/* Names with characters of several readings, as the places are called. */
static const struct reading READINGS[] = {
    {"长沙", "changsha", "zhangsha"},
    {"长江", "changjiang", "zhangjiang"},
    {"长三角", "changsanjiao", "zhangsanjiao"},
    {"长宁区", "changningqu", "zhangning"},
    {"厦门", "xiamen", "shamen"},
    {"六安", "luan", NULL},
    {"莘庄", "xinzhuang", "shenzhuang"},
    {"中国银行", "zhongguoyinhang", "yinxing"},
    {"重庆", "chongqing", "zhongqing"},
    {"台州", "taizhou", NULL},
    {"丽水", "lishui", NULL},
    {"蚌埠", "bengbu", "bangbu"},
    {"歙县", "shexian", "xixian"},
    {"黟县", "yixian", NULL},
    {"鄞州", "yinzhou", NULL},
    {"郯城", "tancheng", NULL},
    {"泖港", "maogang", NULL},
    {"甪直", "luzhi", NULL},
    {"柘林", "zhelin", NULL},
    {"乐清", "yueqing", "leqing"},
    {"浒墅关", "xushuguan", "hushuguan"},
    {"浒山", "hushan", "xushan"},
    {"盱眙", "xuyi", NULL},
    {"邳州", "pizhou", NULL},
    {"睢宁", "suining", NULL},
    {"濉溪", "suixi", NULL},
    {"亳州", "bozhou", NULL},
    {"枞阳", "zongyang", "congyang"},
    {"天台", "tiantai", NULL},
    {"嵊州", "shengzhou", NULL},
    {"衢州", "quzhou", NULL},
    {"弋江", "yijiang", NULL},
    {"会稽", "kuaiji", "huiji"},
    {"诸暨", "zhuji", NULL},
    {"朱家角", "zhujiajiao", NULL},
    {"朱家角", "zhujiajue", NULL},
    {"绿地", "lvdi", NULL},
    {"绿地", "ludi", NULL},
    {"張江", "zhangjiang", NULL},
};

TEST(places_are_read_as_they_are_called)
{
    for (size_t i = 0; i < sizeof READINGS / sizeof *READINGS; i++) {
        const struct reading *r = &READINGS[i];

        if (!is_found(r->name, r->right, SEARCH_READ))
            fail_msg("%s is not read %s", r->name, r->right);
        if (r->wrong && is_found(r->name, r->wrong, SEARCH_READ))
            fail_msg("%s is read %s", r->name, r->wrong);
    }
}

TEST(each_simplified_form_is_its_own)
{
    for (uint32_t c = HAN_FIRST; c <= HAN_LAST; c++)
        if (han_simplify(han_simplify(c)) != han_simplify(c))
            fail_msg("U+%04X becomes U+%04X becomes U+%04X", c, han_simplify(c),
                     han_simplify(han_simplify(c)));
}

TEST(tables_are_in_order)
{
    for (size_t i = 1; i < han_n_syllables; i++)
        assert_true(strcmp(han_syllables[i - 1], han_syllables[i]) < 0);
    for (size_t i = 1; i < han_n_phrases; i++) {
        const struct han_phrase *a = &han_phrases[i - 1];
        const struct han_phrase *b = &han_phrases[i];

        assert_true(a->chars[0] < b->chars[0] ||
                    (a->chars[0] == b->chars[0] && a->n >= b->n));
        assert_true(han_readings[b->chars[0] - HAN_FIRST] & HAN_BEGINS_PHRASE);
    }
}

TEST(what_is_searched_is_plain)
{
    static const struct {
        const char *text;
        const char *searched;
    } cases[] = {{"Zhangjiang  Science-City", "zhangjiang science city"},
                 {"上海（张江）·药谷", "上海张江药谷"},
                 {"ＡＢＣ１２", "abc12"},
                 {"Xi'an Café", "xian cafe"},
                 {"G60 科創走廊", "g60科创走廊"},
                 {"\xff\xfe", ""},
                 {"a\nb\x01", "a b"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct im_buf out = {.max = 100};

        text_searched(im_bytes_of(cases[i].text), TEXT_SPACES_OF_LATIN, &out);
        im_buf_byte(&out, 0);
        assert_string_equal((char *)out.data, cases[i].searched);
        im_buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_read_as_they_are_called),
        cmocka_unit_test(each_simplified_form_is_its_own),
        cmocka_unit_test(tables_are_in_order),
        cmocka_unit_test(what_is_searched_is_plain),
    };

    return cmocka_run_group_tests_name("engine/text/reading", tests, NULL, NULL);
}

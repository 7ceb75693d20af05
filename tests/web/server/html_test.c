/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "html.h"

static char *written(struct im_buf *buf)
{
    im_buf_byte(buf, '\0');
    assert_false(buf->failed);
    return (char *)buf->data;
}

TEST(every_character_of_html_is_escaped)
{
    struct im_buf buf = {.max = 1000};
    struct html h = {.out = &buf};

    html_string(&h, "<script>alert('x')</script> & \"张江\"");
    assert_string_equal(written(&buf),
                        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; "
                        "&quot;张江&quot;");
    im_buf_release(&buf);
}

TEST(an_attribute_cannot_be_left)
{
    struct im_buf buf = {.max = 1000};
    struct html h = {.out = &buf};

    html_markup(&h, "<p");
    html_attribute(&h, "title", im_bytes_of("\" onclick='a()' x=\""));
    html_markup(&h, ">");
    assert_string_equal(written(&buf),
                        "<p title=\"&quot; onclick=&#39;a()&#39; x=&quot;\">");
    im_buf_release(&buf);
}

TEST(broken_and_turning_characters_become_replacements)
{
    struct im_buf buf = {.max = 1000};
    struct html h = {.out = &buf};

    html_string(&h, "a\xff"
                    "b\x01"
                    "c\xE2\x80\xAE"
                    "d\ne");
    assert_string_equal(written(&buf), "a\xEF\xBF\xBD"
                                       "b\xEF\xBF\xBD"
                                       "c\xEF\xBF\xBD"
                                       "d\ne");
    im_buf_release(&buf);
}

TEST(only_harmless_addresses_are_linked) /* RFC 3986, 4.2 */
{
    static const char *const good[] = {
        "http://a.b/c?d=e", "HTTPS://a", "/ogc", "?f=html", "#top", "a/b:c", "./x"};
    static const char *const bad[] = {"javascript:alert(1)",
                                      "JaVaScRiPt:x",
                                      "data:text/html,x",
                                      "//evil",
                                      "",
                                      "java\tscript:x",
                                      " http://a",
                                      "\\\\evil",
                                      "/\\evil",
                                      "vbscript:x",
                                      "a:b"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(html_url_is_safe(im_bytes_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(html_url_is_safe(im_bytes_of(bad[i])));
}

TEST(an_unsafe_address_becomes_a_link_to_nowhere)
{
    struct im_buf buf = {.max = 1000};
    struct html h = {.out = &buf};

    html_link(&h, "javascript:x", im_bytes_of("<b>"));
    html_link(&h, "/a?b&c", im_bytes_of("d"));
    assert_string_equal(written(&buf), "<a href=\"#\">&lt;b&gt;</a>"
                                       "<a href=\"/a?b&amp;c\">d</a>");
    im_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_of_html_is_escaped),
        cmocka_unit_test(an_attribute_cannot_be_left),
        cmocka_unit_test(broken_and_turning_characters_become_replacements),
        cmocka_unit_test(only_harmless_addresses_are_linked),
        cmocka_unit_test(an_unsafe_address_becomes_a_link_to_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

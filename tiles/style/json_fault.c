/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a text that is no JSON. */
#include "style/json_fault.h"

#include <stdio.h>
#include <string.h>

static bool begins_with(struct im_bytes text, const char *mark, size_t n)
{
    return text.len >= n && memcmp(text.data, mark, n) == 0;
}

static bool is_blank(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr(" \t\r\n", text.data[i]) || !text.data[i])
            return false;
    return true;
}

struct words {
    const char *en;
    const char *zh;
};

/* What has a better name than "unexpected character". */
static const struct words *known_fault(struct im_bytes text)
{
    static const struct words empty = {"there is nothing in it", "内容为空"};
    static const struct words bom = {
        "it begins with a byte order mark (EF BB BF), which JSON does not allow; save "
        "it "
        "as UTF-8 without BOM",
        "以字节顺序标记（BOM，EF BB BF）开头，JSON 不允许；请另存为“UTF-8（无 BOM）”"};
    static const struct words utf16 = {"it is UTF-16; JSON is UTF-8, save it as that",
                                       "编码是 UTF-16；JSON 应为 UTF-8，请另存"};

    if (is_blank(text))
        return &empty;
    if (begins_with(text, "\xef\xbb\xbf", 3))
        return &bom;
    return begins_with(text, "\xff\xfe", 2) || begins_with(text, "\xfe\xff", 2) ? &utf16
                                                                                : NULL;
}

/* The library's words in Chinese, by the code that comes with them. */
static const char *chinese(const json_error_t *fault)
{
    switch (json_error_code(fault)) {
    case json_error_stack_overflow:
        return "嵌套太深";
    case json_error_premature_end_of_input:
        return "内容不完整，提前结束";
    case json_error_end_of_input_expected:
        return "结尾之后还有多余内容";
    case json_error_duplicate_key:
        return "对象中有重复的成员";
    case json_error_numeric_overflow:
        return "数字过大";
    case json_error_invalid_utf8:
        return "不是有效的 UTF-8";
    case json_error_null_byte_in_key:
    case json_error_null_character:
        return "文本中有空字符";
    default:
        return "语法有误";
    }
}

/* " near '…'": the place in the text, which needs no translation. */
static const char *near_of(const json_error_t *fault)
{
    const char *near = strstr(fault->text, " near ");

    return near && strcmp(near, " near end of file") != 0 ? near + strlen(" near ")
                                                          : "";
}

enum im_code json_fault(const char *name,
                        struct im_bytes text,
                        const json_error_t *fault,
                        struct im_error *err)
{
    const struct words *known = known_fault(text);
    const char *near = near_of(fault);
    const char *colon = *name ? ": " : "";
    int column = fault->column > 0 ? fault->column : 1;
    int line = fault->line > 0 ? fault->line : 1;

    if (known) {
        im_fail(err, IM_EDATA, "%.100s%sthis is no JSON: %s", name, colon, known->en);
        return im_zh(err, IM_EDATA, "%.100s%s不是 JSON：%s", name, *name ? "：" : "",
                     known->zh);
    }
    im_fail(err, IM_EDATA, "%.100s%sthis is no JSON: line %d, column %d: %s", name,
            colon, line, column, fault->text);
    return im_zh(err, IM_EDATA, "%.100s%s不是 JSON：第 %d 行第 %d 列%s%.60s：%s", name,
                 *name ? "：" : "", line, column, *near ? "，" : "", near,
                 chinese(fault));
}

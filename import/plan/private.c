/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to persons: by the name of a column and by what stands in it. A place's
 * own web site, switchboard or hotline is no secret. */
#include "parts.h"

static bool has_any(struct im_bytes text, const char *const *words)
{
    for (; *words; words++)
        if (bytes_find(text, im_bytes_of(*words)) >= 0)
            return true;
    return false;
}

static bool is_any(struct im_bytes text, const char *const *words)
{
    for (; *words; words++)
        if (is_text(text, *words))
            return true;
    return false;
}

bool private_heading(const struct heading *heading)
{
    static const char *const open[] = {
        "总机",     "热线",     "咨询电话", "服务电话", "办公电话", "单位电话",
        "公司电话", "值班电话", "客服",     "对外电话", "公众号",   "官方邮箱",
        "单位邮箱", "公共邮箱", "官方微信", "hotline",  NULL};
    static const char *const inside[] = {
        "联系人",      "联系电话",  "联系方式",    "负责人",    "法定代表人",
        "法人代表",    "法人姓名",  "姓名",        "手机",      "移动电话",
        "电话",        "身份证",    "证件号",      "邮箱",      "电子邮件",
        "微信",        "传真",      "经办人",      "填表人",    "填报人",
        "联络人",      "联络员",    "对接人",      "家庭住址",  "银行账",
        "银行卡",      "出生日期",  "出生年月",    "护照",      "email",
        "wechat",      "telephone", "mobilephone", "cellphone", "contactperson",
        "contactname", "idcard",    NULL};
    static const char *const exact[] = {"法人",   "qq",      "qq号",  "tel",  "phone",
                                        "mobile", "contact", "fax",   "mail", "lxr",
                                        "lxdh",   "lxfs",    "sjh",   "dh",   "sjhm",
                                        "性别",   "phoneno", "telno", NULL};

    if (has_any(heading->whole, open))
        return false;
    return has_any(heading->whole, inside) || is_any(heading->base, exact) ||
           is_any(heading->whole, exact);
}

/* ---- numbers of persons inside of a text ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* GB 11643-1999: 17 digits and a check character, weights 2^(18-i) modulo 11. */
static bool is_identity(const uint8_t *d)
{
    static const char checks[] = "10X98765432";
    unsigned sum = 0;

    for (int i = 0; i < 17; i++)
        sum += (unsigned)(d[i] - '0') * ((1U << (17 - i)) % 11);
    return d[17] == (uint8_t)checks[sum % 11] && (d[6] == '1' || d[6] == '2');
}

/* 11 digits beginning with 13 to 19, also with the country's 86 before them. */
static bool is_mobile(const uint8_t *d, size_t n)
{
    if (n == 13 && d[0] == '8' && d[1] == '6') {
        d += 2;
        n = 11;
    }
    return n == 11 && d[0] == '1' && d[1] >= '3';
}

/* The end of the number that begins at `at`: digits, with single blanks or hyphens
 * between groups of three and more. `d` gets up to 20 digits. */
static size_t
read_number(struct im_bytes text, size_t at, uint8_t d[20], size_t *n_digits)
{
    size_t end = at;
    size_t n = 0;

    for (size_t i = at; i < text.len && n < 20; i++) {
        uint8_t c = text.data[i];

        if (is_digit(c) || (n == 17 && (c == 'X' || c == 'x'))) {
            d[n++] = c == 'x' ? 'X' : c;
            end = i + 1;
        } else if ((c != ' ' && c != '-') || n < 2 || i != end) {
            break;
        }
    }
    *n_digits = n;
    return end;
}

static bool is_private_number(const uint8_t *d, size_t n)
{
    return is_mobile(d, n) || (n == 18 && is_identity(d));
}

static bool next_private(struct im_bytes text, size_t *from, size_t *to)
{
    for (size_t i = *from; i < text.len;) {
        uint8_t d[20];
        size_t n = 0;

        if (!is_digit(text.data[i])) {
            i++;
            continue;
        }
        size_t end = read_number(text, i, d, &n);
        /* a part of a decimal number is none */
        bool is_part = (i > 0 && text.data[i - 1] == '.') ||
                       (end < text.len && text.data[end] == '.' && end + 1 < text.len &&
                        is_digit(text.data[end + 1]));
        if (!is_part && is_private_number(d, n)) {
            *from = i;
            *to = end;
            return true;
        }
        while (i < text.len && is_digit(text.data[i]))
            i++;
    }
    return false;
}

/* "a@b.cn" and nothing else. */
static bool is_mail(struct im_bytes text)
{
    ptrdiff_t at = bytes_find(text, im_bytes_of("@"));

    if (at <= 0 || text.len > 100)
        return false;
    struct im_bytes host = bytes_from(text, (size_t)at + 1);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x80)
            return false;
    return bytes_find(host, im_bytes_of(".")) > 0 &&
           bytes_find(host, im_bytes_of("@")) < 0 &&
           bytes_find(text, im_bytes_of("/")) < 0;
}

bool private_value(struct im_bytes text)
{
    size_t from = 0;
    size_t to = 0;

    if (!next_private(text, &from, &to))
        return is_mail(text);
    return 3 * (to - from) >= 2 * text.len;
}

bool private_inside(struct im_bytes text)
{
    size_t from = 0;
    size_t to = 0;

    return next_private(text, &from, &to);
}

struct im_bytes private_mask(struct im_bytes text, struct im_arena *arena)
{
    size_t from = 0;
    size_t to = 0;
    uint8_t *out = NULL;

    while (next_private(text, &from, &to)) {
        if (!out) {
            out = im_arena_alloc(arena, text.len + 1);
            if (!out)
                return im_bytes_of("***");
            memcpy(out, text.data, text.len);
            out[text.len] = '\0';
        }
        memset(out + from, '*', to - from);
        from = to;
    }
    return out ? (struct im_bytes){out, text.len} : text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* CSS colours (CSS Color Module Level 4, sections 4 to 7). */
#include "style/value.h"

#include <math.h>
#include <stdlib.h>

struct named_color {
    const char *name;
    uint32_t rgb;
};

/* CSS Color 4, section 6.1; sorted for bsearch */
static const struct named_color names[] = {
    {"aliceblue", 0xf0f8ff},
    {"antiquewhite", 0xfaebd7},
    {"aqua", 0x00ffff},
    {"aquamarine", 0x7fffd4},
    {"azure", 0xf0ffff},
    {"beige", 0xf5f5dc},
    {"bisque", 0xffe4c4},
    {"black", 0x000000},
    {"blanchedalmond", 0xffebcd},
    {"blue", 0x0000ff},
    {"blueviolet", 0x8a2be2},
    {"brown", 0xa52a2a},
    {"burlywood", 0xdeb887},
    {"cadetblue", 0x5f9ea0},
    {"chartreuse", 0x7fff00},
    {"chocolate", 0xd2691e},
    {"coral", 0xff7f50},
    {"cornflowerblue", 0x6495ed},
    {"cornsilk", 0xfff8dc},
    {"crimson", 0xdc143c},
    {"cyan", 0x00ffff},
    {"darkblue", 0x00008b},
    {"darkcyan", 0x008b8b},
    {"darkgoldenrod", 0xb8860b},
    {"darkgray", 0xa9a9a9},
    {"darkgreen", 0x006400},
    {"darkgrey", 0xa9a9a9},
    {"darkkhaki", 0xbdb76b},
    {"darkmagenta", 0x8b008b},
    {"darkolivegreen", 0x556b2f},
    {"darkorange", 0xff8c00},
    {"darkorchid", 0x9932cc},
    {"darkred", 0x8b0000},
    {"darksalmon", 0xe9967a},
    {"darkseagreen", 0x8fbc8f},
    {"darkslateblue", 0x483d8b},
    {"darkslategray", 0x2f4f4f},
    {"darkslategrey", 0x2f4f4f},
    {"darkturquoise", 0x00ced1},
    {"darkviolet", 0x9400d3},
    {"deeppink", 0xff1493},
    {"deepskyblue", 0x00bfff},
    {"dimgray", 0x696969},
    {"dimgrey", 0x696969},
    {"dodgerblue", 0x1e90ff},
    {"firebrick", 0xb22222},
    {"floralwhite", 0xfffaf0},
    {"forestgreen", 0x228b22},
    {"fuchsia", 0xff00ff},
    {"gainsboro", 0xdcdcdc},
    {"ghostwhite", 0xf8f8ff},
    {"gold", 0xffd700},
    {"goldenrod", 0xdaa520},
    {"gray", 0x808080},
    {"green", 0x008000},
    {"greenyellow", 0xadff2f},
    {"grey", 0x808080},
    {"honeydew", 0xf0fff0},
    {"hotpink", 0xff69b4},
    {"indianred", 0xcd5c5c},
    {"indigo", 0x4b0082},
    {"ivory", 0xfffff0},
    {"khaki", 0xf0e68c},
    {"lavender", 0xe6e6fa},
    {"lavenderblush", 0xfff0f5},
    {"lawngreen", 0x7cfc00},
    {"lemonchiffon", 0xfffacd},
    {"lightblue", 0xadd8e6},
    {"lightcoral", 0xf08080},
    {"lightcyan", 0xe0ffff},
    {"lightgoldenrodyellow", 0xfafad2},
    {"lightgray", 0xd3d3d3},
    {"lightgreen", 0x90ee90},
    {"lightgrey", 0xd3d3d3},
    {"lightpink", 0xffb6c1},
    {"lightsalmon", 0xffa07a},
    {"lightseagreen", 0x20b2aa},
    {"lightskyblue", 0x87cefa},
    {"lightslategray", 0x778899},
    {"lightslategrey", 0x778899},
    {"lightsteelblue", 0xb0c4de},
    {"lightyellow", 0xffffe0},
    {"lime", 0x00ff00},
    {"limegreen", 0x32cd32},
    {"linen", 0xfaf0e6},
    {"magenta", 0xff00ff},
    {"maroon", 0x800000},
    {"mediumaquamarine", 0x66cdaa},
    {"mediumblue", 0x0000cd},
    {"mediumorchid", 0xba55d3},
    {"mediumpurple", 0x9370db},
    {"mediumseagreen", 0x3cb371},
    {"mediumslateblue", 0x7b68ee},
    {"mediumspringgreen", 0x00fa9a},
    {"mediumturquoise", 0x48d1cc},
    {"mediumvioletred", 0xc71585},
    {"midnightblue", 0x191970},
    {"mintcream", 0xf5fffa},
    {"mistyrose", 0xffe4e1},
    {"moccasin", 0xffe4b5},
    {"navajowhite", 0xffdead},
    {"navy", 0x000080},
    {"oldlace", 0xfdf5e6},
    {"olive", 0x808000},
    {"olivedrab", 0x6b8e23},
    {"orange", 0xffa500},
    {"orangered", 0xff4500},
    {"orchid", 0xda70d6},
    {"palegoldenrod", 0xeee8aa},
    {"palegreen", 0x98fb98},
    {"paleturquoise", 0xafeeee},
    {"palevioletred", 0xdb7093},
    {"papayawhip", 0xffefd5},
    {"peachpuff", 0xffdab9},
    {"peru", 0xcd853f},
    {"pink", 0xffc0cb},
    {"plum", 0xdda0dd},
    {"powderblue", 0xb0e0e6},
    {"purple", 0x800080},
    {"rebeccapurple", 0x663399},
    {"red", 0xff0000},
    {"rosybrown", 0xbc8f8f},
    {"royalblue", 0x4169e1},
    {"saddlebrown", 0x8b4513},
    {"salmon", 0xfa8072},
    {"sandybrown", 0xf4a460},
    {"seagreen", 0x2e8b57},
    {"seashell", 0xfff5ee},
    {"sienna", 0xa0522d},
    {"silver", 0xc0c0c0},
    {"skyblue", 0x87ceeb},
    {"slateblue", 0x6a5acd},
    {"slategray", 0x708090},
    {"slategrey", 0x708090},
    {"snow", 0xfffafa},
    {"springgreen", 0x00ff7f},
    {"steelblue", 0x4682b4},
    {"tan", 0xd2b48c},
    {"teal", 0x008080},
    {"thistle", 0xd8bfd8},
    {"tomato", 0xff6347},
    {"turquoise", 0x40e0d0},
    {"violet", 0xee82ee},
    {"wheat", 0xf5deb3},
    {"white", 0xffffff},
    {"whitesmoke", 0xf5f5f5},
    {"yellow", 0xffff00},
    {"yellowgreen", 0x9acd32},
};

static struct draw_color color_of_rgb(uint32_t rgb)
{
    return (struct draw_color){(float)(rgb >> 16 & 255) / 255.0f,
                               (float)(rgb >> 8 & 255) / 255.0f,
                               (float)(rgb & 255) / 255.0f, 1.0f};
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(struct im_bytes text, struct draw_color *out)
{
    size_t digits = text.len - 1;
    size_t width = digits <= 4 ? 1 : 2;
    float channel[4] = {0, 0, 0, 1};

    if (digits != 3 && digits != 4 && digits != 6 && digits != 8)
        return false;
    for (size_t i = 0; i < digits / width; i++) {
        int high = hex_digit(text.data[1 + i * width]);
        int low = hex_digit(text.data[i * width + width]); /* #rgb: the same digit */

        if (high < 0 || low < 0)
            return false;
        channel[i] = (float)(high * 16 + low) / 255.0f;
    }
    *out = (struct draw_color){channel[0], channel[1], channel[2], channel[3]};
    return true;
}

/* One number of a function with its unit: '%' sets *percent. */
static bool next_number(const char **p, double *value, bool *percent)
{
    size_t len;

    while (**p == ' ' || **p == ',' || **p == '/')
        ++*p;
    len = strspn(*p, "+-.0123456789eE");
    if (!im_parse_double((struct im_bytes){(const uint8_t *)*p, len}, value))
        return false;
    *p += len;
    *percent = **p == '%';
    if (*percent)
        ++*p;
    else if (strncmp(*p, "deg", 3) == 0)
        *p += 3;
    return true;
}

static float unit(double value)
{
    return (float)fmin(1, fmax(0, value));
}

/* CSS Color 4, section 7.1 */
static float hsl_channel(double n, double hue, double saturation, double lightness)
{
    double k = fmod(n + hue / 30, 12);
    double a = saturation * fmin(lightness, 1 - lightness);

    return unit(lightness - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1)));
}

static bool parse_function(const char *text, struct draw_color *out)
{
    bool is_hsl = strncmp(text, "hsl", 3) == 0;
    const char *p = strchr(text, '(');
    double v[4] = {0, 0, 0, 1};
    bool percent[4] = {false};
    int n = 0;

    if (!p || (!is_hsl && strncmp(text, "rgb", 3) != 0) ||
        (p != text + 3 && !(p == text + 4 && text[3] == 'a')))
        return false;
    for (p++; n < 4 && next_number(&p, &v[n], &percent[n]); n++)
        ;
    p += strspn(p, " ");
    if (n < 3 || strcmp(p, ")") != 0)
        return false;
    float alpha = unit(percent[3] ? v[3] / 100 : v[3]);
    if (is_hsl) {
        double hue = fmod(fmod(v[0], 360) + 360, 360);
        double s = fmin(1, fmax(0, v[1] / 100));
        double l = fmin(1, fmax(0, v[2] / 100));

        if (!percent[1] || !percent[2])
            return false;
        *out = (struct draw_color){hsl_channel(0, hue, s, l), hsl_channel(8, hue, s, l),
                                   hsl_channel(4, hue, s, l), alpha};
        return true;
    }
    for (int i = 0; i < 3; i++)
        v[i] = percent[i] ? v[i] / 100 : v[i] / 255;
    *out = (struct draw_color){unit(v[0]), unit(v[1]), unit(v[2]), alpha};
    return true;
}

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct named_color *)entry)->name);
}

bool style_color_parse(struct im_bytes text, struct draw_color *out)
{
    char lower[64];

    if (text.len == 0 || text.len >= sizeof lower)
        return false;
    if (text.data[0] == '#')
        return parse_hex(text, out);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c == '\0')
            return false;
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    lower[text.len] = '\0';
    if (strcmp(lower, "transparent") == 0) {
        *out = (struct draw_color){0, 0, 0, 0};
        return true;
    }
    const struct named_color *found = bsearch(
        lower, names, sizeof names / sizeof *names, sizeof *names, compare_name);
    if (found) {
        *out = color_of_rgb(found->rgb);
        return true;
    }
    return parse_function(lower, out);
}

struct draw_color style_color_mix(struct draw_color a, struct draw_color b, double t)
{
    double alpha = (double)a.a + ((double)b.a - (double)a.a) * t;
    double in_a = (double)a.a * (1 - t);
    double in_b = (double)b.a * t;

    if (!(alpha > 0))
        return (struct draw_color){0, 0, 0, 0};
    return (struct draw_color){
        (float)(((double)a.r * in_a + (double)b.r * in_b) / alpha),
        (float)(((double)a.g * in_a + (double)b.g * in_b) / alpha),
        (float)(((double)a.b * in_a + (double)b.b * in_b) / alpha), (float)alpha};
}

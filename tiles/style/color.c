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

static struct style_rgba color_of_rgb(uint32_t rgb)
{
    return (struct style_rgba){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                               (rgb & 255) / 255.0, 1};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, struct style_rgba *out)
{
    size_t digits = strlen(text) - 1;
    size_t width = digits <= 4 ? 1 : 2;
    double channel[4] = {0, 0, 0, 1};

    if (digits != 3 && digits != 4 && digits != 6 && digits != 8)
        return false;
    for (size_t i = 0; i < digits / width; i++) {
        int high = hex_digit(text[1 + i * width]);
        int low = hex_digit(text[i * width + width]); /* #rgb: the same digit */

        if (high < 0 || low < 0)
            return false;
        channel[i] = (high * 16 + low) / 255.0;
    }
    *out = (struct style_rgba){channel[0], channel[1], channel[2], channel[3]};
    return true;
}

/* ---- rgb() and hsl() ---- */

struct color_args {
    double value[4];
    bool is_percent[4];
    bool is_degrees; /* the first one said so */
    char between[4]; /* ' ', ',' or '/' in front of the second to the fourth */
    int n;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= 9 && c <= 13);
}

static const char *skip_spaces(const char *p)
{
    while (is_space(*p))
        p++;
    return p;
}

/* A number as MapLibre's pattern takes it: what of digits, dots, signs and e's is not
 * one in the end is refused. */
static const char *next_number(const char *p, struct color_args *args)
{
    size_t len = strspn(p, "0123456789.+-e");
    double value =
        len ? style_js_parse((struct im_bytes){(const uint8_t *)p, len}) : (double)NAN;

    if (isnan(value))
        return NULL;
    args->value[args->n] = value;
    p += len;
    args->is_percent[args->n] = *p == '%';
    if (*p == '%') {
        p++;
    } else if (args->n == 0 && strncmp(p, "deg", 3) == 0) {
        args->is_degrees = true;
        p += 3;
    }
    args->n++;
    return p;
}

static bool read_args(const char *p, struct color_args *args)
{
    p = skip_spaces(p);
    for (;;) {
        const char *after;

        p = next_number(p, args);
        if (!p)
            return false;
        after = skip_spaces(p);
        if (strcmp(after, ")") == 0)
            return true;
        if (args->n == 4)
            return false;
        if (*after == ',' || *after == '/') {
            args->between[args->n] = *after;
            p = skip_spaces(after + 1);
        } else if (after > p) {
            args->between[args->n] = ' ';
            p = after;
        } else {
            return false;
        }
    }
}

/* Three values with spaces and perhaps / between, or all with commas. */
static bool are_separated(const struct color_args *args)
{
    bool commas = args->between[1] == ',';

    return args->n >= 3 && args->between[2] == args->between[1] &&
           args->between[1] != '/' &&
           (args->n == 3 || args->between[3] == (commas ? ',' : '/'));
}

static double unit(double value)
{
    return fmin(1, fmax(0, value));
}

/* CSS Color 4, section 7.1 */
static double hsl_channel(double n, double hue, double saturation, double lightness)
{
    double k = fmod(n + hue / 30, 12);
    double a = saturation * fmin(lightness, 1 - lightness);

    return lightness - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
}

static struct style_rgba of_hsl(const double v[3], double alpha)
{
    double hue = fmod(v[0], 360);
    double s = unit(v[1] / 100);
    double l = unit(v[2] / 100);

    if (hue < 0)
        hue += 360;
    return (struct style_rgba){hsl_channel(0, hue, s, l), hsl_channel(8, hue, s, l),
                               hsl_channel(4, hue, s, l), alpha};
}

static bool parse_function(const char *text, struct style_rgba *out)
{
    bool is_hsl = strncmp(text, "hsl", 3) == 0;
    struct color_args args = {.n = 0};
    const char *p = text + 3;
    const double *v = args.value;
    double alpha;

    if (!is_hsl && strncmp(text, "rgb", 3) != 0)
        return false;
    p += *p == 'a';
    if (*p != '(' || !read_args(p + 1, &args) || !are_separated(&args))
        return false;
    alpha = args.n < 4 ? 1 : unit(args.is_percent[3] ? v[3] / 100 : v[3]);
    if (is_hsl) {
        if (args.is_percent[0] || !args.is_percent[1] || !args.is_percent[2] ||
            isinf(v[0]))
            return false;
        *out = of_hsl(v, alpha);
        return true;
    }
    if (args.is_degrees || args.is_percent[0] != args.is_percent[1] ||
        args.is_percent[1] != args.is_percent[2])
        return false;
    double most = args.is_percent[0] ? 100 : 255;
    *out = (struct style_rgba){unit(v[0] / most), unit(v[1] / most), unit(v[2] / most),
                               alpha};
    return true;
}

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, ((const struct named_color *)entry)->name);
}

bool style_rgba_parse(struct im_bytes text, struct style_rgba *out)
{
    char lower[128];
    size_t n = 0;

    while (text.len && is_space((char)text.data[0]))
        text = (struct im_bytes){text.data + 1, text.len - 1};
    while (text.len && is_space((char)text.data[text.len - 1]))
        text.len--;
    if (text.len == 0 || text.len >= sizeof lower)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (c == '\0')
            return false;
        lower[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    lower[n] = '\0';
    if (lower[0] == '#')
        return parse_hex(lower, out);
    if (strcmp(lower, "transparent") == 0) {
        *out = (struct style_rgba){0, 0, 0, 0};
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

struct draw_color style_draw_color(const struct style_rgba *color)
{
    return (struct draw_color){(float)unit(color->r), (float)unit(color->g),
                               (float)unit(color->b), (float)unit(color->a)};
}

bool style_color_parse(struct im_bytes text, struct draw_color *out)
{
    struct style_rgba color;

    if (!style_rgba_parse(text, &color))
        return false;
    *out = style_draw_color(&color);
    return true;
}

/* ---- CIE L*a*b* with the white of D50, and its polar form ----
 * Matrices: sRGB to XYZ D50 (Bradford), as MapLibre has them. */

static const double WHITE[3] = {0.96422, 1, 0.82521};
static const double LAB_LOW = 6.0 / 29; /* below: a line instead of the root */

struct lab {
    double l, a, b;
};

static double linear_of(double x)
{
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static double lab_of(double t)
{
    return t > LAB_LOW * LAB_LOW * LAB_LOW ? pow(t, 1.0 / 3)
                                           : t / (3 * LAB_LOW * LAB_LOW) + 4.0 / 29;
}

static struct lab to_lab(const struct style_rgba *c)
{
    double r = linear_of(c->r);
    double g = linear_of(c->g);
    double b = linear_of(c->b);
    double y = lab_of((0.2225045 * r + 0.7168786 * g + 0.0606169 * b) / WHITE[1]);
    double x = y;
    double z = y;

    if (r != g || g != b) { /* greys have no hue, not even by rounding */
        x = lab_of((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / WHITE[0]);
        z = lab_of((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / WHITE[2]);
    }
    return (struct lab){fmax(0, 116 * y - 16), 500 * (x - y), 200 * (y - z)};
}

static double xyz_of(double t)
{
    return t > LAB_LOW ? t * t * t : 3 * LAB_LOW * LAB_LOW * (t - 4.0 / 29);
}

static double gamma_of(double x)
{
    return unit(x <= 0.00304 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055);
}

static struct style_rgba of_lab(struct lab lab, double alpha)
{
    double y = (lab.l + 16) / 116;
    double x = WHITE[0] * xyz_of(y + lab.a / 500);
    double z = WHITE[2] * xyz_of(y - lab.b / 200);

    y = WHITE[1] * xyz_of(y);
    return (struct style_rgba){gamma_of(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
                               gamma_of(-0.9787684 * x + 1.9161415 * y + 0.033454 * z),
                               gamma_of(0.0719453 * x - 0.2289914 * y + 1.4052427 * z),
                               alpha};
}

static double between(double a, double b, double t)
{
    return a + t * (b - a);
}

static double chroma_of(struct lab c)
{
    return sqrt(c.a * c.a + c.b * c.b);
}

/* In degrees; (double)NAN for greys. */
static double hue_of(struct lab c)
{
    double hue;

    if (!(chroma_of(c) * 10000 >= 0.5))
        return (double)NAN;
    hue = atan2(c.b, c.a) * 180 / M_PI;
    return hue < 0 ? hue + 360 : hue;
}

/* Along the shorter arc of hues; a grey takes the other's hue, and with white and black
 * the chroma stays too. */
static struct lab mix_hcl(struct lab a, struct lab b, double t)
{
    double hue_a = hue_of(a);
    double hue_b = hue_of(b);
    double chroma = between(chroma_of(a), chroma_of(b), t);
    double light = between(a.l, b.l, t);
    double hue = 0;

    if (!isnan(hue_a) && !isnan(hue_b)) {
        double turn = hue_b - hue_a;

        if (turn > 180)
            turn -= 360;
        else if (turn < -180)
            turn += 360;
        hue = hue_a + t * turn;
    } else if (!isnan(hue_a)) {
        hue = hue_a;
        if (b.l == 1 || b.l == 0)
            chroma = chroma_of(a);
    } else if (!isnan(hue_b)) {
        hue = hue_b;
        if (a.l == 1 || a.l == 0)
            chroma = chroma_of(b);
    }
    hue *= M_PI / 180;
    return (struct lab){light, cos(hue) * chroma, sin(hue) * chroma};
}

struct style_rgba style_rgba_mix(const struct style_rgba *a,
                                 const struct style_rgba *b,
                                 double t,
                                 enum style_space space)
{
    double alpha = between(a->a, b->a, t);
    struct lab x;
    struct lab y;

    if (space == STYLE_RGB)
        return (struct style_rgba){between(a->r, b->r, t), between(a->g, b->g, t),
                                   between(a->b, b->b, t), alpha};
    x = to_lab(a);
    y = to_lab(b);
    if (space == STYLE_HCL)
        return of_lab(mix_hcl(x, y, t), alpha);
    return of_lab(
        (struct lab){between(x.l, y.l, t), between(x.a, y.a, t), between(x.b, y.b, t)},
        alpha);
}

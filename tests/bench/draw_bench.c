/* SPDX-License-Identifier: Apache-2.0 */
/* The heavy tile of STACK 2 to 4: 200 polygons of 60 corners filled and stroked, 500
 * lines of 40 vertices, 300 ringed circles, 60 haloed Chinese labels, palette PNG; the
 * geometry also through cairo. Prints medians of process CPU time, per tile. --short:
 * few rounds; in each form the geometry is compared with cairo's. */
#include <tiles/draw/reference.h>

#include <tiles/text.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    POLYGONS = 200,
    CORNERS = 60,
    LINES = 500,
    VERTICES = 40,
    CIRCLES = 300,
    LABELS = 60,
    SIDE_PX = 256,
    MAX_ROUNDS = 21,
    SHORT_ROUNDS = 3
};

enum part { FILLS, OUTLINES, LINES_PART, CIRCLES_PART, LABELS_PART, PNG_PART, N_PARTS };

struct scene {
    float polygons[POLYGONS][2 * CORNERS];
    float lines[LINES][2 * VERTICES];
    float circles[CIRCLES][2];
    float labels[LABELS][2];
    float widths[LINES];
    struct draw_color colors[LINES];
    const struct text_block *blocks[LABELS];
};

struct bench {
    struct scene scene;
    struct raster raster;
    struct draw_scratch *scratch;
    struct sprite_cache *sprites;
    struct text_fonts *fonts;
    struct im_arena *arena;
    struct im_buf png;
    int rounds;
    struct im_error err;
};

static void must(struct bench *b, enum im_code rc)
{
    if (rc != IM_OK) {
        (void)fprintf(stderr, "%s\n", b->err.msg);
        exit(1);
    }
}

static void make_scene(struct scene *s, struct test_random *random)
{
    for (int i = 0; i < POLYGONS; i++)
        random_star(random, test_random_in(random, 0, SIDE_PX),
                    test_random_in(random, 0, SIDE_PX), test_random_in(random, 8, 40),
                    CORNERS, s->polygons[i]);
    for (int i = 0; i < LINES; i++) {
        double x = test_random_in(random, 0, SIDE_PX);
        double y = test_random_in(random, 0, SIDE_PX);
        double heading = test_random_in(random, 0, 2 * M_PI);

        for (int k = 0; k < VERTICES; k++) {
            s->lines[i][2 * k] = (float)x;
            s->lines[i][2 * k + 1] = (float)y;
            heading += test_random_in(random, -0.5, 0.5);
            x += 4 * cos(heading);
            y += 4 * sin(heading);
        }
        s->widths[i] = (float)test_random_in(random, 1, 3);
        s->colors[i] = (struct draw_color){(float)test_random_in(random, 0, 1),
                                           (float)test_random_in(random, 0, 1),
                                           (float)test_random_in(random, 0, 1), 0.9f};
    }
    for (int i = 0; i < CIRCLES; i++)
        for (int c = 0; c < 2; c++)
            s->circles[i][c] = (float)test_random_in(random, 0, SIDE_PX);
    for (int i = 0; i < LABELS; i++)
        for (int c = 0; c < 2; c++)
            s->labels[i][c] = (float)test_random_in(random, 0, SIDE_PX);
}

/** Labels of 2 to 8 of the more frequent characters. */
static void shape_labels(struct bench *b, struct test_random *random)
{
    static const char pool[] = "江苏浙江安徽上海南京杭州合肥宁波无锡常州嘉兴湖州绍兴"
                               "孵化器园区科技创新中心概念验证平台高新产业开发大学城";
    const struct text_style style = {.size_px = 14, .line_height_em = 1.2f};
    const uint32_t n_pool = (sizeof pool - 1) / 3;

    for (int i = 0; i < LABELS; i++) {
        uint8_t text[24];
        uint32_t n = 2 + test_random_below(random, 7);

        for (uint32_t k = 0; k < n; k++)
            memcpy(text + 3 * k, pool + 3 * (size_t)test_random_below(random, n_pool),
                   3);
        must(b, text_shape(b->fonts, (struct im_bytes){text, 3 * (size_t)n}, &style,
                           b->arena, &b->scene.blocks[i], &b->err));
    }
}

static struct draw_color with_alpha(struct draw_color color, float alpha)
{
    color.a = alpha;
    return color;
}

static const struct draw_circle circle_look = {.radius_px = 4,
                                               .fill = {0.85f, 0.51f, 0.17f, 1},
                                               .stroke_px = 1,
                                               .stroke = {1, 1, 1, 1}};

static void draw_part(struct bench *b, enum part part, struct reference *reference)
{
    const struct scene *s = &b->scene;
    const uint32_t corners = CORNERS;
    const uint32_t vertices = VERTICES;

    for (int i = 0; (part == FILLS || part == OUTLINES) && i < POLYGONS; i++) {
        struct draw_path path = {s->polygons[i], &corners, 1};
        struct draw_stroke stroke = {.width_px = 1, .miter_limit = 4, .closed = true};

        if (part == FILLS && reference)
            reference_fill_on(reference, &path, with_alpha(s->colors[i], 0.6f));
        else if (part == FILLS)
            must(b, draw_fill(b->scratch, &b->raster, &path,
                              with_alpha(s->colors[i], 0.6f), &b->err));
        else if (reference)
            reference_line_on(reference, &path, &stroke,
                              with_alpha(s->colors[i], 0.8f));
        else
            must(b, draw_line(b->scratch, &b->raster, &path, &stroke,
                              with_alpha(s->colors[i], 0.8f), &b->err));
    }
    for (int i = 0; part == LINES_PART && i < LINES; i++) {
        struct draw_path path = {s->lines[i], &vertices, 1};
        struct draw_stroke stroke = {.width_px = s->widths[i], .miter_limit = 4};

        if (reference)
            reference_line_on(reference, &path, &stroke, s->colors[i]);
        else
            must(b, draw_line(b->scratch, &b->raster, &path, &stroke, s->colors[i],
                              &b->err));
    }
    for (int i = 0; part == CIRCLES_PART && i < CIRCLES; i++)
        must(b, draw_circle_at(b->sprites, b->scratch, &b->raster, s->circles[i][0],
                               s->circles[i][1], &circle_look, &b->err));
    for (int i = 0; part == LABELS_PART && i < LABELS; i++)
        must(b, text_draw(b->fonts, &b->raster, s->blocks[i], s->labels[i][0],
                          s->labels[i][1], (struct draw_color){0, 0, 0, 1},
                          (struct draw_color){1, 1, 1, 1}, 1.5f, &b->err));
    if (part == PNG_PART) {
        im_buf_clear(&b->png);
        must(b, raster_write_png(&b->raster, 3, &b->png, &b->err));
    }
}

static double cpu_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

static const struct draw_color ground = {0.95f, 0.94f, 0.91f, 1};

/* How far apart the two pictures of the geometry may be: hundreds of translucent shapes
 * lie on each other, so a difference in one edge is seen in few pixels and faintly. A
 * part left out, a wrong colour or a wrong width gives more than twice as much. */
static const double MAX_MEAN_DIFFERENCE = 2;

/** The same geometry by both: a benchmark of something wrong is worth nothing. */
static void check_picture(struct bench *b)
{
    struct raster theirs;
    struct reference *reference;
    size_t n = (size_t)SIDE_PX * SIDE_PX * 4;
    double sum = 0;

    must(b, raster_init(&theirs, SIDE_PX, SIDE_PX, &b->err));
    raster_clear(&theirs, ground);
    raster_clear(&b->raster, ground);
    reference = reference_open(&theirs);
    for (int part = 0; part < CIRCLES_PART; part++) {
        draw_part(b, (enum part)part, reference);
        draw_part(b, (enum part)part, NULL);
    }
    reference_close(reference, &theirs);
    for (size_t i = 0; i < n; i++)
        sum += abs(b->raster.rgba[i] - theirs.rgba[i]);
    raster_release(&theirs);
    (void)printf("mean difference to cairo %.2f of 255\n", sum / (double)n);
    if (sum / (double)n > MAX_MEAN_DIFFERENCE) {
        (void)fprintf(stderr, "the pictures differ by more than %.1f\n",
                      MAX_MEAN_DIFFERENCE);
        exit(1);
    }
}

static void report(struct bench *b)
{
    static const char *const names[N_PARTS] = {"fills",   "outlines", "lines",
                                               "circles", "labels",   "png level 3"};
    const int n_reference = CIRCLES_PART; /* the parts that cairo draws too */
    static double ours[N_PARTS][MAX_ROUNDS];
    static double cairo[N_PARTS][MAX_ROUNDS];
    double sum = 0;

    for (int round = 0; round < b->rounds; round++) {
        struct reference *reference = reference_open(&b->raster);

        for (int part = 0; part < n_reference; part++) {
            double start = cpu_ms();

            draw_part(b, (enum part)part, reference);
            cairo[part][round] = cpu_ms() - start;
        }
        reference_close(reference, &b->raster);
        raster_clear(&b->raster, ground);
        for (int part = 0; part < N_PARTS; part++) {
            double start = cpu_ms();

            draw_part(b, (enum part)part, NULL);
            ours[part][round] = cpu_ms() - start;
        }
    }
    (void)printf("%-12s %8s %8s %6s\n", "part", "ms", "cairo ms", "ratio");
    for (int part = 0; part < N_PARTS; part++) {
        double ms = median(ours[part], b->rounds);

        sum += ms;
        (void)printf("%-12s %8.2f", names[part], ms);
        if (part < n_reference) {
            double theirs = median(cairo[part], b->rounds);

            (void)printf(" %8.2f %6.1f", theirs, theirs / ms);
        }
        (void)printf("\n");
    }
    (void)printf("%-12s %8.2f\npng bytes    %zu\n", "sum", sum, b->png.len);
}

int main(int argc, char **argv)
{
    static struct bench b = {.png = {.max = 16 << 20}, .rounds = MAX_ROUNDS};
    struct test_random random = {2026};

    if (argc > 1 && strcmp(argv[1], "--short") == 0)
        b.rounds = SHORT_ROUNDS;
    b.scratch = draw_scratch_new();
    b.sprites = sprite_cache_new(4 << 20);
    b.arena = im_arena_new(4 << 20);
    if (!b.scratch || !b.sprites || !b.arena)
        return 1;
    must(&b, raster_init(&b.raster, SIDE_PX, SIDE_PX, &b.err));
    must(&b, text_fonts_open(NULL, &b.fonts, &b.err));
    make_scene(&b.scene, &random);
    shape_labels(&b, &random);
    check_picture(&b);
    report(&b);
    if (b.png.len < 8 || memcmp(b.png.data, "\x89PNG\r\n\x1a\n", 8) != 0) {
        (void)fprintf(stderr, "no PNG was written\n");
        return 1;
    }
    text_fonts_close(b.fonts);
    im_arena_free(b.arena);
    sprite_cache_free(b.sprites);
    draw_scratch_free(b.scratch);
    raster_release(&b.raster);
    im_buf_release(&b.png);
    return 0;
}

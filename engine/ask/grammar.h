/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the two languages that say how things relate. What is asked about, its
 * kinds and places, comes from the layers. */
#ifndef ENGINE_ASK_GRAMMAR_H
#define ENGINE_ASK_GRAMMAR_H

#include <stddef.h>

enum word_class {
    G_FILLER,  /* says nothing: please, show me */
    G_OF,      /* binds what is before to what is behind: 的; of */
    G_AND,     /* 和, 、; and */
    G_NEAREST, /* 最近; nearest */
    G_FROM,    /* 离, 距; from */
    G_TO,      /* 到; to */
    G_IN,      /* 在, 位于; in */
    G_WITHIN,  /* 内; within */
    G_AROUND,  /* 周边, 附近; near */
    G_ALONG,   /* 沿线; along */
    G_BETWEEN, /* 之间; between */
    G_WITHOUT, /* 没有; without */
    G_HAVE,    /* 有; have */
    G_WHICH,   /* 哪些; which */
    G_WHERE,   /* 在哪里; where */
    G_EACH,    /* 每个, 各, 按; per, by */
    G_COUNT,   /* 多少; how many */
    G_SPREAD,  /* 分布; distribution */
    G_MOST,    /* 最多; most */
    G_LEAST,   /* 最少; fewest */
    G_TOP,     /* 前; top (a number follows) */
    G_COMPARE, /* 对照; against */
    G_SAME,    /* 同一; same */
    G_MUTUAL,  /* 互设; mutual */
    G_OUTSIDE, /* 外地; elsewhere */
    G_ORIGIN,  /* 来自; from where: what follows or is asked for is the origin */
    G_SET_UP,  /* 设了, 设在, 布局; set up */
    G_FLOW,    /* 流向; flows */
    G_AFTER,   /* 以后, 以来; since */
    G_BEYOND,  /* after: the year itself does not belong */
    G_BEFORE,  /* 以前; before */
    G_UNTIL,   /* 截至, 及以前; until */
    G_RECENT,  /* 近 n 年; last n years */
    G_MORE,    /* 大于, 超过; more than */
    G_LESS,    /* 小于; less than */
    G_AT_LEAST,
    G_AT_MOST,
    G_ABOVE,      /* 以上: behind a number: at least; behind a level: and better */
    G_BELOW,      /* 以下 */
    G_ACROSS,     /* 跨; across */
    G_ADJACENT,   /* 相邻; neighbouring */
    G_HOW_FAR,    /* 多远; how far */
    G_COMPLETE,   /* 配齐; all of */
    G_IMPORTED,   /* 上次导入; last import */
    G_CHANGED,    /* 新增, 变更; added, changed */
    G_DUPLICATE,  /* 重复; duplicates */
    G_ABOUT_DATA, /* 来源, 坐标系; source, coordinate system */
    G_RELIABLE,   /* 可靠; reliable */
    G_POSITION,   /* 坐标, 位置; coordinates */
    G_EXPORT,     /* 导出; export */
    G_FORMAT,     /* CSV; arg: enum */
    G_HERE,       /* 这里, 给定一点; here */
    G_DRAWN,      /* 这个范围; this polygon */
    G_SPACE,      /* 空间, 载体, 平台: any kind of place */
    G_SUM,        /* 合计; total */
    G_MEAN,       /* 平均; mean */
    G_LARGEST,    /* 最大; largest */
    G_SMALLEST,   /* 最小; smallest */
    G_NEWEST,     /* 最新; newest */
    G_OLDEST,     /* 最早; oldest */
    G_PER_AREA,   /* 密度, 每百平方公里; per 100 km2 */
    G_CALLED,     /* 名称包含; called */
    G_LEVEL,      /* 区县, 城市, 省; arg: enum division_level */
    G_MEMBER,     /* 成员; member: of a corridor */
    G_YEAR,       /* 年 */
    G_LENGTH,     /* 公里; arg: metres */
    G_AREA,       /* 平方公里; arg: square metres */
    G_TRAVEL,     /* 分钟, 车程: travel time */
    G_MEASURE,    /* 个, 家: counts things */
    G_NUMERAL,    /* ten; arg: the number */
    G_ONLY,       /* 只看 */
    G_KIND,       /* 类型, 种类: group by layer or category */
    G_SEAT, /* 政府: the seat of a division; arg 1: 镇, what a name may be of */
    G_EVERYWHERE, /* 长三角: all that the data cover */
    G_ABROAD,     /* 北京: a place that the data do not cover */
    G_NOT,        /* 不, 非; not, except: no parameter says it */
    G_WHEN,       /* 什么时候; when */
    G_CALENDAR,   /* 去年; arg: years from this one */
    G_PLAN,       /* 十三五; arg: its first year */
    G_DECADE,     /* 年代, behind a number */
    G_CENTURY,    /* 上世纪, before it */
    G_LONGITUDE,  /* 东经; longitude */
    G_LATITUDE,   /* 北纬; latitude */
    G_DEGREE,     /* 度 */
    G_CLASSES
};

enum ask_format { FORMAT_JSON, FORMAT_CSV, FORMAT_XLSX };

struct grammar_word {
    enum word_class class;
    double arg;
    const char *words; /* separated by '|' */
};

extern const struct grammar_word grammar_words[];
extern const size_t grammar_n_words;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Words of Chinese and English grammar. Plurals and spaces are settled by items.c. */
#include "ask/grammar.h"

#include <engine/analysis.h>

const struct grammar_word grammar_words[] = {
    /* ---- what says nothing ---- */
    {G_FILLER, 0,
     "你好|您好|谢谢|多谢|麻烦|约|大约|大概|大致|将近|之|把|将|了|是|吗|呢|吧|啊|都|也|"
     "还|请|请问|请帮我|帮|"
     "帮我|帮忙|给|给我|我|我想|我要|我想找|"
     "我想知道|想|想要|想知道|想找|告诉|告诉我|查|查找|查询|查一下|查一查|找|找到|找出|"
     "找一下|既|"
     "看|看看|看一下|显示|列出|列出来|列一下|展示|展示一下|统计|一下|能|能不能|可以|"
     "能够|能做|做|可|"
     "现在|目前|当前|现有|所有|全部|全部的|全体|其中|那么|这些|那些|之中|中的|里的|"
     "里面|范围内有|"
     "里|中|上|上的|方向|方面|类|类的|属于|从事|为|主要|情况|如何|怎么样|怎样|是否|"
     "是不是|有没有|存在|名单|清单|列表|名录|直线|方向的|相关|有关|相关的|到底|总体|共|"
     "地区|当地|境内|"
     "辖区|辖区内|全市|市内|城内|名下|旗下|运营|运营的|机构有哪些"},
    {G_FILLER, 0,
     "hello|hi|thanks|thank "
     "you|about|approximately|roughly|some|the|a|an|is|are|was|were|be|been|do|does|"
     "did|"
     "please|show|show me|list|list all|"
     "find|find me|find all|give|give me|tell|tell me|i|we|me|my|want|want to know|"
     "would like|would like to know|need|looking for|look up|can|could|you|there|"
     "there are|there is|all|any|some|exist|currently|now|that|who|whose|it|"
     "field|sector|its|their|them|existing|available|located|"
     "situated|lie|lying|lies|for|as|on|at|working|active|focused|specialised|"
     "specialized|dedicated|map|see|display|get|with a|this|these|those|just|straight "
     "line|direction|belonging"},
    {G_FILLER, 0,
     "呀|哦|嘛|啦|哈|嗯|您|麻烦您|烦请|劳驾|请教|请教一下|请问一下|想问|想问一下|"
     "问一下|"
     "我想问|我想问一下|咨询|想咨询|了解|想了解|想了解一下|我想了解|帮我查|帮我查一下|"
     "帮忙查一下|给我看看|"
     "究竟|具体|整个|全"},
    {G_FILLER, 0,
     "kindly|hey|dear|may|might|will|shall|actually|exactly|right now|at present|"
     "today|have a look|look|know|ask|wondering|i wonder|pls|thx|let me know|us|"
     "interested in|based"},
    {G_OF, 0, "的|of|'s"},
    {G_NOT, 0,
     "不|非|不是|不在|不属于|除|除了|除去|以外的其他|不含|不包括|排除|不要|not|not in|"
     "isn't|aren't|except|except for|excluding|other than|apart from|but not|non"},
    /* ---- the world ---- */
    {G_EVERYWHERE, 0,
     "长三角|长三角地区|长三角区域|长三角范围|长三角城市群|长江三角洲|长江三角洲地区|"
     "三省一市|一市三省|沪苏浙皖|苏浙沪皖|江浙沪皖|全域|全区域|"
     "yangtze delta|yangtze river delta|yangtze delta region|yangtze river delta "
     "region|the delta|delta|yrd|whole delta|entire delta"},
    {G_ABROAD, 0,
     "北京|北京市|天津|天津市|重庆|重庆市|河北|河北省|山西省|辽宁|辽宁省|吉林省|"
     "黑龙江|黑龙江省|福建|福建省|江西|江西省|山东|山东省|河南|河南省|湖北|湖北省|"
     "湖南|湖南省|广东|广东省|海南省|四川|四川省|贵州|贵州省|云南|云南省|陕西|陕西省|"
     "甘肃|甘肃省|青海省|台湾|台湾省|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|深圳|深圳市|"
     "广州|广州市|武汉|武汉市|成都|成都市|西安|西安市|厦门|福州|济南|青岛|郑州|长沙|"
     "南昌|大连|沈阳|长春市|哈尔滨|石家庄|太原|昆明|贵阳|南宁|海口|兰州|西宁|银川|"
     "乌鲁木齐|拉萨|呼和浩特|东莞|佛山|珠海|珠三角|粤港澳大湾区|大湾区|京津冀|雄安|"
     "中关村|全国|全中国|中国|全世界|全球|美国|日本|德国|英国|法国|韩国|新加坡|硅谷|"
     "beijing|tianjin|chongqing|hebei|liaoning|heilongjiang|fujian|jiangxi|shandong|"
     "henan|hubei|hunan|guangdong|sichuan|guizhou|yunnan|shaanxi|gansu|taiwan|"
     "inner mongolia|guangxi|tibet|ningxia|xinjiang|hong kong|macau|shenzhen|"
     "guangzhou|wuhan|chengdu|xi'an|xiamen|jinan|qingdao|zhengzhou|changsha|nanchang|"
     "dalian|shenyang|harbin|kunming|greater bay area|pearl river delta|china|germany|"
     "japan|korea|singapore|london|paris|tokyo|silicon valley|europe|america|"
     "usa|uk"},
    {G_AND, 0,
     "和|与|及|以及|或|或者|且|并|并且|而且|同时|又|跟|and|or|as well as|plus|&"},
    {G_ONLY, 0,
     "只|只看|仅|仅看|只要|限|限于|只显示|仅显示|只列|only|only show|show only"},
    /* ---- where ---- */
    {G_NEAREST, 0,
     "最近|最近的|最邻近|最邻近的|最靠近|最接近|最接近的|最近处|距离最近|距离最近的|"
     "离得最近|"
     "离得最近的|就近|nearest|closest|nearest to|closest to|most nearby"},
    {G_FROM, 0, "从|自|离|距|距离|距离于|from|away from|off"},
    {G_TO, 0, "到|至|to|towards"},
    {G_IN, 0, "在|位于|坐落于|坐落在|设于|in|inside|inside of|within the"},
    {G_WITHIN, 0,
     "内|以内|之内|内的|以内的|范围内|范围以内|范围之内|半径内|半径范围内|半径|within|"
     "up "
     "to|inside a radius|within a radius|radius|in a radius|within a "
     "distance|distance"},
    {G_AROUND, 0,
     "周边|附近|周围|旁边|一带|身边|邻近|左右|周边地区|周边有|附近有|near|nearby|near "
     "to|around|close to|in the vicinity|vicinity|surrounding|next to|in the "
     "neighbourhood|in the neighborhood|near by"},
    {G_ALONG, 0,
     "沿线|沿途|沿|沿着|沿线上|一线|缓冲带|缓冲区|走廊沿线|along|along the line|along "
     "the way|along the route|buffer|on the way|en route|on the line|the line"},
    {G_BETWEEN, 0, "之间|间|中间|between"},
    {G_HERE, 0,
     "这里|此处|此地|我这里|我这儿|我附近|本地|当前位置|我的位置|给定一点|给定点|"
     "给定的点|这个点|该点|"
     "这一点|指定点|所选点|选定点|点击处|我所在的位置|here|my location|my "
     "position|current "
     "location|this point|this location|this place|given point|the given point|a "
     "given point|me here|where i am|clicked point|selected point"},
    {G_DRAWN, 0,
     "这个范围|该范围|此范围|这个区域|该区域|此区域|这个多边形|多边形|给定多边形|"
     "给定的多边形|所画范围|"
     "我画的范围|画的范围|画出的范围|框选范围|框选|圈选范围|圈定范围|所选范围|选定范围|"
     "上传的范围|我上传的范围|"
     "上传的园区范围|这个框|这片区域|这一片|所选区域|选定区域|给定范围|给定区域|this "
     "area|this "
     "polygon|the polygon|given polygon|a given polygon|drawn area|drawn polygon|area "
     "i drew|area i draw|selected area|this region|this box|uploaded area|uploaded "
     "polygon|selection"},
    {G_SEAT, 1, "镇|街道|乡|街镇"},
    {G_SEAT, 0,
     "政府|人民政府|政府驻地|驻地|市政府|区政府|县政府|government|town hall"},
    /* ---- what is asked ---- */
    {G_WITHOUT, 0,
     "没有|无|没|缺|缺少|缺乏|尚无|尚未有|未设|未设立|没有任何|一个也没有|一家也没有|"
     "都没有|不存在|没有设立|"
     "空白|仍无|还没有|没有布局|未布局|缺失|without|without any|no|lack|lacking|have "
     "no|has no|having no|have not|missing|not any|do not have|does not have|don't "
     "have|doesn't have|do not have any|does not have any|don't have any|with no|not "
     "have|there is no|there are no|has not a single"},
    {G_HAVE, 0,
     "有|拥有|具有|具备|设有|建有|含有|含|包含|包括|已有|have|has|having|with|contain|"
     "containing|host|hosting|include|including"},
    {G_WHICH, 0,
     "哪些|哪几家|哪几个|哪几所|哪个|哪家|哪所|哪一个|哪一家|哪|什么|有哪些|有哪几家|"
     "有哪几个|是哪几家|"
     "是哪几个|是哪些|是哪家|是哪个|which|what|which one"},
    {G_WHERE, 0,
     "哪里|哪儿|在哪|在哪里|在哪儿|位于哪里|何处|在什么地方|分布在哪里|分布在哪些地方|"
     "where|where is|"
     "where are"},
    {G_EACH, 0,
     "每|每个|每座|每家|每一个|各|各个|各自|各有|分|按|按照|依|依照|分别|分别有|各自有|"
     "逐个|以|per|by|each|"
     "every|for each|for every|each of|broken down by|grouped by|group by|split by"},
    {G_COUNT, 0,
     "多少|几|数|几家|几个|几所|几座|多少家|多少个|多少所|有多少|有多少家|有多少个|"
     "有几家|有几个|数量|个数|数目|"
     "总数|总量|家数|共有|共有多少|一共|一共有|一共有多少|总共|总共有|总共有多少|"
     "合计有|合计多少|计数|数一数|有多少座|"
     "各有多少|各有多少个|各有多少家|各有几个|各有几家|how many|number|number of|the "
     "number "
     "of|count|counts|count of|total number|total number of|how much|amount"},
    {G_SPREAD, 0,
     "分布|分布情况|构成|统计表|分组|分类统计|distribution|breakdown|"
     "distributed|"
     "spread|composition"},
    {G_MOST, 0,
     "最多|最多的|最密集|最密集的|最集中|最集中的|数量最多|数量最多的|排名|排行|"
     "排名靠前|排名靠前的|most|the "
     "most|densest|with most|highest number|highest number of|largest number|largest "
     "number of|ranking|ranked|best supplied"},
    {G_LEAST, 0, "最少|最少的|数量最少|数量最少的|fewest|least|smallest number of"},
    {G_TOP, 0, "前|排名前|排前|前面|居前|top|first|leading"},
    {G_COMPARE, 0,
     "对照|对比|比较|相比|关系|相关性|的关系|的对照|against|versus|vs|compare|compared|"
     "compared with|compared to|comparison|relation|relationship|correlation|beside"},
    {G_SAME, 0,
     "同一|同一个|同一家|相同|相同的|同个|同样的|共同的|the same|same|one and the "
     "same|shared"},
    {G_MUTUAL, 0,
     "互设|互设的|相互|相互的|互相|互相的|相互设立|互相设立|双向|双向的|对设|互建|"
     "mutual|each "
     "other|one another|two way|both ways|both directions|in each other|reciprocal"},
    {G_OUTSIDE, 0,
     "对外|向外|在外|外地|外地的|异地|异地的|外省|外市|外省市|市外|省外|外部|其他城市|"
     "其他地方|"
     "其它城市|别的城市|elsewhere|"
     "other city|outside|in other city|abroad|other place|in other place"},
    {G_OUTSIDE, 1,
     "from outside|from elsewhere|from other city|from other place|foreign"},
    {G_ORIGIN, 0,
     "来自|来自哪里|来自哪些城市|来自哪些地方|分别来自|分别来自哪里|飞出地|来源地|"
     "派出地|由|origin|where do "
     "they come from|come from|coming from|originating|originating in|by origin|set "
     "up by|run by|founded by"},
    {G_SET_UP, 0,
     "设|设了|设立|设立了|设立的|设有的|设在|设的|设到|建在|建|建了|建设了|布局|布局了|"
     "布局的|开设|开设了|"
     "成立|成立的|建立|建立的|建成|建成的|启用|启用的|批准|批准的|批准设立|批准设立的|"
     "创办|创办的|飞出|飞出的|set up|"
     "setting up|established|established in|founded|founded in|opened|opened in|"
     "approved|built|created|started|maintain"},
    {G_SET_UP, 1, "飞入|飞入的"},
    {G_FLOW, 0,
     "流向|往来|来往|矩阵|飞出地与飞入地|飞出与飞入|flow|flows|matrix|origin and "
     "host|origin "
     "to host"},
    {G_COMPLETE, 0,
     "配齐|齐全|齐备|配套齐全|都有|都具备|全链条|一应俱全|是否配齐|是否齐全|是否都有|"
     "complete|whole "
     "chain|all present|full chain|the whole chain"},
    {G_ACROSS, 0,
     "跨|跨越|不同|across|cross|different|on different sides of|crossing|from "
     "different|in different"},
    {G_ADJACENT, 0,
     "相邻|相邻的|毗邻|毗邻的|接壤|相近|相近的|neighbour|neighbouring|neighbor|"
     "neighboring|"
     "adjacent|pair|pairs of"},
    {G_HOW_FAR, 0,
     "多远|有多远|远近|距离多远|距离是多少|距离有多远|相距多远|有多少公里|how far|how "
     "far away|how "
     "distant|what distance|distance from|the distance from|distance of|distance "
     "between"},
    {G_CALLED, 0,
     "名称包含|名字包含|名称含|名称中有|名字里有|名称里有|名叫|叫|叫做|名为|名称为|"
     "called|named|whose name "
     "contains|with name|name contains"},
    /* ---- when ---- */
    {G_YEAR, 0, "年|年度|年份|year"},
    {G_WHEN, 0,
     "什么时候|什么时间|何时|几时|哪年|哪一年|何年|哪天|哪一天|多久|when|what "
     "year|which "
     "year|how old|how recent"},
    {G_CALENDAR, 0, "今年|本年|本年度|今年内|this year"},
    {G_CALENDAR, -1, "去年|上一年|上年|上年度|去年内|last year|previous year"},
    {G_CALENDAR, -2, "前年|the year before last"},
    {G_PLAN, 2001, "十五期间|十五时期"},
    {G_PLAN, 2006, "十一五|十一五期间|十一五时期"},
    {G_PLAN, 2011, "十二五|十二五期间|十二五时期"},
    {G_PLAN, 2016, "十三五|十三五期间|十三五时期"},
    {G_PLAN, 2021, "十四五|十四五期间|十四五时期"},
    {G_PLAN, 2026, "十五五|十五五期间|十五五时期"},
    {G_DECADE, 0, "年代|s"},
    {G_CENTURY, 0, "上世纪|上个世纪"},
    {G_LONGITUDE, 0, "东经|经度|经度为|lon|lng|longitude|e"},
    {G_LATITUDE, 0, "北纬|纬度|纬度为|lat|latitude|n"},
    {G_DEGREE, 0, "度|°|degree"},
    {G_AFTER, 0,
     "以后|之后|以来|起|后|及以后|至今|到现在|以来的|以后的|since|from then on|onward"},
    {G_BEYOND, 0, "after|later than"},
    {G_BEFORE, 0, "以前|之前|前的|以前的|之前的|before|earlier than|prior to"},
    {G_UNTIL, 0, "截至|截止|截止到|及以前|及之前|until|till|up until|by the end of"},
    {G_RECENT, 0,
     "近|过去|最近这|in the last|in the past|last|past|during the last|over the last|"
     "over the past|within the last|recent"},
    /* ---- how much ---- */
    {G_MORE, 0,
     "大于|超过|高于|多于|超|more than|over|greater than|larger than|above|"
     "exceeding|bigger than|exceed|farther than|further than|beyond|more distant "
     "than|以外|以外的|之外|之外的|开外|外|外的"},
    {G_LESS, 0, "小于|低于|少于|不足|不到|less than|smaller than|below|fewer than"},
    {G_AT_LEAST, 0, "不少于|不小于|不低于|至少|at least|no less than|minimum"},
    {G_AT_MOST, 0,
     "不超过|不大于|不多于|至多|最多为|at most|no more than|not more than|"
     "maximum"},
    {G_ABOVE, 0,
     "以上|及以上|以上的|及以上的|以上级别|及以上级别|以上级别的|or more|or above|or "
     "larger|and above|or better"},
    {G_BELOW, 0, "以下|及以下|以下的|及以下的|or less|or below|or fewer|or smaller"},
    {G_SUM, 0, "合计|总和|总计|累计|总|sum|sum of|total|combined"},
    {G_MEAN, 0, "平均|均值|平均值|人均|average|mean|on average"},
    {G_LARGEST, 0, "最大|最大的|最高|最高的|largest|biggest|highest"},
    {G_SMALLEST, 0, "最小|最小的|最低|最低的|smallest|lowest"},
    {G_NEWEST, 0, "最新|最新的|最晚|最晚的|新近|newest|latest|most recent|youngest"},
    {G_OLDEST, 0, "最早|最早的|最老|最老的|oldest|earliest"},
    {G_PER_AREA, 0,
     "每百平方公里|每一百平方公里|密度|单位面积|每100平方公里|每100平方千米|per 100 "
     "km2|per 100 "
     "square "
     "kilometer|density|per area|per 100 sq km|per hundred square kilometer"},
    {G_PER_AREA, 1,
     "每平方公里|每一平方公里|每平方千米|per square kilometer|per km2|per sq km|per "
     "sqkm"},
    {G_LENGTH, 1000, "公里|千米|km|kilometer|公里的|千米的"},
    {G_LENGTH, 500, "里|里路|华里"},
    {G_LENGTH, 1, "米|m|meter|米的"},
    {G_LENGTH, 1609.344, "mile|英里"},
    {G_AREA, 1e6, "平方公里|平方千米|km2|sq km|sqkm|square kilometer|square km"},
    {G_AREA, 1e4, "公顷|ha|hectare"},
    {G_AREA, 2000.0 / 3, "亩|mu"},
    {G_AREA, 1, "平方米|平米|m2|square meter|sq m"},
    {G_TRAVEL, 60, "分钟|分钟车程|min|minute|minute drive|minutes by car"},
    {G_TRAVEL, 3600, "小时|小时车程|个小时|钟头|h|hour|hour drive|hours by car"},
    {G_TRAVEL, 0,
     "车程|驾车|开车|步行|步行距离|通勤|地铁|drive|driving|by car|walking|on "
     "foot|travel time"},
    {G_MEASURE, 0, "个|家|所|座|处|条|项|名|强|位|张"},
    {G_MEASURE, 1, "地"}, /* 三地: the members of something */
    {G_NUMERAL, 0.5, "half a|half an|half"},
    {G_NUMERAL, 1, "one|single"},
    {G_NUMERAL, 2, "two"},
    {G_NUMERAL, 3, "three"},
    {G_NUMERAL, 4, "four"},
    {G_NUMERAL, 5, "five"},
    {G_NUMERAL, 6, "six"},
    {G_NUMERAL, 7, "seven"},
    {G_NUMERAL, 8, "eight"},
    {G_NUMERAL, 9, "nine"},
    {G_NUMERAL, 10, "ten"},
    {G_NUMERAL, 12, "twelve|a dozen|dozen"},
    {G_NUMERAL, 15, "fifteen"},
    {G_NUMERAL, 20, "twenty"},
    {G_NUMERAL, 25, "twenty five"},
    {G_NUMERAL, 30, "thirty"},
    {G_NUMERAL, 40, "forty"},
    {G_NUMERAL, 50, "fifty"},
    {G_NUMERAL, 60, "sixty"},
    {G_NUMERAL, 80, "eighty"},
    {G_NUMERAL, 100, "hundred|a hundred|one hundred"},
    /* ---- things of the language ---- */
    {G_SPACE, 0,
     "空间|创新空间|科创空间|创新载体|科创载体|载体|平台|创新平台|科创平台|地方|场所|"
     "地点|机构|创新机构|条目|"
     "名单条目|记录|数据|数据条目|点位|点|科创资源|创新资源|单位|space|innovation "
     "space|place|"
     "innovation place|site|entry|row|record|platform|location|institution|"
     "organisation|organization|innovation site|thing|spot|item|everything|anything"},
    {G_LEVEL, DIVISION_PROVINCE,
     "省|省份|省市|省级行政区|province|province line|provincial border|province "
     "border|省域|省际"},
    {G_LEVEL, DIVISION_CITY,
     "城市|市|地级市|地市|设区市|市域|市际|city|prefecture|prefecture level city|"
     "municipality"},
    {G_LEVEL, DIVISION_DISTRICT,
     "区县|县区|区|县|县市区|区或县|县级行政区|区市县|市辖区和县|district|county|"
     "district "
     "and county|district or county|borough|counties"},
    {G_MEMBER, 0, "成员|成员城市|成员市|成员单位|member|member city"},
    {G_KIND, 0,
     "类型|类别|种类|类别的|种类型|图层|类型的|kind|type|category|layer|kind of place|"
     "type of place"},
    /* ---- the data themselves ---- */
    {G_IMPORTED, 0,
     "上次导入|上次导入后|上一次导入|上次更新|最近一次导入|最新导入|导入后|导入|last "
     "import|latest "
     "import|previous import|import|last update|since the last import|imported"},
    {G_CHANGED, 0,
     "新增|新增的|新设|新设的|新设立|新设立的|新成立|新成立的|新建|新建的|新批|"
     "变更|变更的|变化|变化的|变动|变动的|更名|更名的|撤销|撤销的|更新|"
     "更新的|修改|修改的|"
     "删除|删除的|改动|added|changed|change|new|renamed|withdrawn|removed|updated|"
     "modified|changes"},
    {G_DUPLICATE, 0,
     "重复|重复的|疑似重复|疑似重复的|同名|重名|重名的|可能重复|可能重复的|重复项|"
     "重复条目|名字重复|名称重复|名字重复的|名称重复的|名字相同|名字相同的|名称相同|"
     "名称相同的|重复登记|重复登记的|重复录入|重复录入的|duplicate|possible "
     "duplicate|likely duplicate|duplicated|double|twice|same name|doublet"},
    {G_ABOUT_DATA, 0,
     "来源|数据来源|出处|数据出处|日期|数据日期|更新日期|更新时间|坐标系|坐标参考系|"
     "坐标系统|许可|授权|元数据|数据说明|"
     "图层说明|字段|有哪些字段|数据源|where do the data come from|where does the data "
     "come "
     "from|data come from|数据更新时间|数据更新日期|数据年份|source|data "
     "source|date|source date|coordinate "
     "system|coordinate reference system|crs|license|metadata|licensing|attribution|"
     "reference system|provenance"},
    {G_ABOUT_DATA, 1,
     "这个图层|该图层|本图层|这张表|该表|这个数据集|这份数据|有哪些图层|哪些图层|"
     "图层列表|所有图层|"
     "this layer|the layer|this table|this dataset|data set|dataset|what "
     "layers|which layers|what data"},
    {G_RELIABLE, 0,
     "可靠|可靠的|准确|准确的|精确|精确的|可信的|明确的|确切|确切的|reliable|precise|"
     "exact|accurate|trustworthy|"
     "good"},
    {G_RELIABLE, -1, "不可靠|不准确|不精确|不明确|unreliable|imprecise|inexact|vague"},
    {G_POSITION, 0,
     "坐标|位置|定位|坐标位置|经纬度|点位坐标|coordinate|position|known "
     "position|geocode"},
    {G_EXPORT, 0,
     "导出|导出为|导出成|下载|下载为|输出|输出为|存为|保存为|export|export "
     "as|download|save|"
     "save as|download as|export to|output"},
    {G_FORMAT, FORMAT_CSV, "csv|csv文件|csv表"},
    {G_FORMAT, FORMAT_XLSX,
     "excel|xlsx|excel表|excel表格|excel文件|电子表格|spreadsheet"},
    {G_FORMAT, FORMAT_JSON, "json|geojson"},
};

const size_t grammar_n_words = sizeof grammar_words / sizeof grammar_words[0];

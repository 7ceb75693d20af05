// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../api/problem.ts";
import { readCatalog, readPlace } from "../api/read.ts";
import { adviceOf } from "./advice.ts";
import { formatMetres, namesOf, rowsOf, whereOf, wordsOf } from "./format.ts";
import { reviewText, textsOf } from "./texts.ts";

const [layer] = readCatalog({
  layers: [
    {
      id: "parks",
      title: "园区",
      count: 1,
      fields: [
        { name: "id", title: "编号", type: "text" },
        { name: "name_zh", title: "名称", type: "text" },
        {
          name: "industry",
          title: "产业方向",
          type: "text",
          codes: [
            { code: "BIO", title: "生物医药" },
            { code: "IC", title: "集成电路" },
          ],
        },
        { name: "established_year", title: "设立年份", type: "integer" },
        { name: "area_km2", title: "面积", type: "real", unit: "km2" },
        { name: "website", title: "网站", type: "text" },
      ],
    },
  ],
}).layers;

const place = (properties: Record<string, unknown>) =>
  readPlace({ type: "Feature", geometry: null, properties });

test("codes become words, from the server's titles or the layer's list", () => {
  assert.equal(wordsOf(place({ industry: "BIO;IC" }), layer, "industry"), "生物医药、集成电路");
  const titled = place({ industry: "BIO", titles: { industry: "Biomedicine" } });
  assert.equal(wordsOf(titled, layer, "industry"), "Biomedicine");
});

test("an unknown code is shown as it is", () => {
  assert.equal(wordsOf(place({ industry: "XX" }), layer, "industry"), "XX");
});

test("rows come in the layer's order, without the empty ones and without the name", () => {
  const rows = rowsOf(
    place({ id: "1", name_zh: "甲", area_km2: 1234.5, established_year: 1991, industry: null }),
    layer,
    "zh",
  );
  assert.deepEqual(
    rows.map(({ title, value }) => [title, value]),
    [
      ["设立年份", "1991"],
      ["面积", "1,234.5 km²"],
    ],
  );
});

test("only an address on the web becomes a link, never a script", () => {
  const href = (website: string) => rowsOf(place({ website }), layer, "zh")[0]?.href;
  assert.equal(href("www.shtic.com"), "https://www.shtic.com");
  assert.equal(href("https://a.example/b"), "https://a.example/b");
  assert.equal(href("javascript:alert(1)"), null);
  assert.equal(href("约 3.5"), null);
  assert.equal(href("3.5"), null);
});

test("the other language's name is shown when it differs", () => {
  assert.deepEqual(namesOf(place({ name_zh: "甲", name_en: "A" }), "zh"), {
    main: "甲",
    other: "A",
  });
  assert.deepEqual(namesOf(place({ name_zh: "甲" }), "en"), { main: "甲", other: "" });
});

test("city and district, each once", () => {
  assert.equal(whereOf(place({ city: "上海市", district: "浦东新区" })), "上海市 浦东新区");
  assert.equal(whereOf(place({ city: "东莞市", district: "东莞市" })), "东莞市");
  assert.equal(whereOf(place({})), "");
});

test("metres are told with two figures, no finer", () => {
  assert.equal(formatMetres(200), "200 m");
  assert.equal(formatMetres(2000), "2 km");
  assert.equal(formatMetres(12_345), "12 km");
});

test("an unset review number prints 无审图号, a set one itself", () => {
  assert.equal(reviewText("无审图号", textsOf("zh")), "无审图号");
  assert.equal(reviewText("", textsOf("zh")), "无审图号");
  assert.equal(reviewText("GS(2026)1号", textsOf("zh")), "审图号：GS(2026)1号");
});

test("every problem ends with a next step", () => {
  const zh = textsOf("zh");
  assert.match(adviceOf(new Problem("network", ""), zh), /重试/);
  assert.match(
    adviceOf(new Problem("not_found", "没有叫“甲”的地方。", 404), zh),
    /^没有叫“甲”的地方。换一个写法/,
  );
  assert.match(
    adviceOf(new Problem("not_found", "找不到“甲”", 404), zh),
    /^找不到“甲”。换一个写法/,
  );
  assert.match(
    adviceOf(new Problem("not_found", "no place is called 'X'", 404), textsOf("en")),
    /^no place is called 'X'\. \S/,
  );
  assert.match(adviceOf(new Problem("busy", "", 503), zh), /几秒/);
});

test("both languages have the same words", () => {
  const shape = (texts: object): unknown =>
    Object.entries(texts).map(([key, value]) => [
      key,
      typeof value === "object" ? shape(value) : typeof value,
    ]);
  assert.deepEqual(shape(textsOf("en")), shape(textsOf("zh")));
});

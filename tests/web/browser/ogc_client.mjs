// SPDX-License-Identifier: Apache-2.0
// What ogc-client, the library behind many web maps, makes of a running server.
//
//   node tests/web/browser/ogc_client.mjs http://127.0.0.1:8080/ogc
//
// One JSON object on standard output.
import { OgcApiEndpoint } from "@camptocamp/ogc-client";

const endpoint = new OgcApiEndpoint(process.argv[2]);
const layer = "many";
const { title } = await endpoint.info;
const info = await endpoint.getCollectionInfo(layer);
const first = await endpoint.getCollectionItems(layer, 5);
const second = await endpoint.getCollectionItems(layer, 5, 5);
const item = await endpoint.getCollectionItem(layer, "M0007");
const address = await endpoint.getCollectionItemsUrl(layer, {
  limit: 3,
  query: "level=b",
  extent: [118, 30, 119, 31],
});
const page = await (await fetch(address)).json();

console.log(
  JSON.stringify({
    title,
    collections: await endpoint.featureCollections,
    hasFeatures: await endpoint.hasFeatures,
    conformance: await endpoint.conformanceClasses,
    formats: info.itemFormats,
    crs: info.crs,
    storageCrs: info.storageCrs,
    queryables: info.queryables.map(({ name }) => name),
    sortables: info.sortables.map(({ name }) => name),
    first: first.map(({ id }) => id),
    second: second.map(({ id }) => id),
    item: item.id,
    address,
    page: page.features.map(({ properties }) => properties.level),
  }),
);

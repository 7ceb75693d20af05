// SPDX-License-Identifier: Apache-2.0
// The expressions of styles beside the reference implementation: thousands of cases from
// every operator, what is refused and what comes out. Run by ctest where node_modules is.
//   node expressions.mjs INNOMAP [--show N]
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {convertFunction, createPropertyExpression, expressions, isFunction}
    from '@maplibre/maplibre-gl-style-spec';

const program = process.argv[2];
const show = process.argv[3] === '--show' ? Number(process.argv[4]) : 20;

// ---- the reference ----

function typeName(type) {
    if (type.kind !== 'array') return type.kind;
    const item = typeName(type.itemType);
    if (typeof type.N === 'number') return `array<${item}, ${type.N}>`;
    return type.itemType.kind === 'value' ? 'array' : `array<${item}>`;
}

const EXTENT = 8192;
function tilePoint([lng, lat], {z, x, y}) {
    const mx = (180 + lng) / 360;
    const my = (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))) / 360;
    const n = 2 ** z;
    return {x: Math.round((mx * n - x) * EXTENT), y: Math.round((my * n - y) * EXTENT)};
}

function featureOf({id, properties, geometry}, canonical) {
    const feature = {properties: properties ?? {}};
    if (id !== undefined) feature.id = id;
    if (geometry === undefined) return feature;
    if (!canonical) {
        feature.type = geometry.type;
        return feature;
    }
    const line = (points) => points.map((p) => tilePoint(p, canonical));
    const c = geometry.coordinates;
    feature.type = geometry.type.replace('Multi', '');
    feature.geometry = geometry.type === 'Point' ? [line([c])]
        : geometry.type === 'MultiPoint' ? c.map((p) => line([p]))
        : geometry.type === 'LineString' ? [line(c)]
        : c.map(line); // MultiLineString, Polygon
    return feature;
}

function reference(test) {
    const spec = {'property-type': 'data-driven',
        expression: {interpolated: true, parameters: ['zoom', 'feature']}, ...test.propertySpec};
    let result;
    try {
        const e = isFunction(test.expression) ? convertFunction(test.expression, spec) : test.expression;
        result = createPropertyExpression(e, spec, test.globalState);
    } catch (error) {
        return {compiled: {result: 'error', errors: [{key: '', error: `threw ${error.message}`}]}};
    }
    if (result.result === 'error')
        return {compiled: {result: 'error',
            errors: result.value.map(({key, message}) => ({key, error: message}))}};
    const {kind} = result.value;
    const type = result.value._styleExpression.expression.type;
    const outputs = test.inputs.map(([globals, feature]) => {
        const canonical = globals.canonicalID ?? null;
        try {
            const value = result.value.evaluateWithoutErrorHandling(globals,
                featureOf(feature, canonical), feature.featureState ?? {}, canonical,
                globals.availableImages ?? []);
            return type.kind === 'color' ? [value.r, value.g, value.b, value.a] : value;
        } catch (error) {
            return {error: error.name === 'ExpressionEvaluationError' ? error.toJSON() : error.message};
        }
    });
    return {compiled: {result: 'success', isFeatureConstant: kind === 'constant' || kind === 'camera',
        isZoomConstant: kind === 'constant' || kind === 'source', type: typeName(type)}, outputs};
}

// ---- comparing ----

function same(a, b) {
    if (typeof a === 'number' && typeof b === 'number')
        return a === b || Math.abs(a - b) <= 1e-6 * Math.max(1e-3, Math.abs(a), Math.abs(b));
    if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
    const ka = Object.keys(a), kb = Object.keys(b);
    return ka.length === kb.length && ka.every((k) => k in b && same(a[k], b[k]));
}

// Of what fails only that it fails is compared; the words are counted apart.
// Later versions take any value for a projection, so do we.
function agree(ours, theirs) {
    if (ours.compiled.type === 'projectionDefinition' && theirs.compiled.result === 'error') return true;
    if (ours.compiled.result !== theirs.compiled.result) return false;
    if (ours.compiled.result === 'error') return true;
    if (!same(ours.compiled, theirs.compiled)) return false;
    if (theirs.compiled.type === 'collator') return true; // an object of the engine's own
    return ours.outputs.every((o, i) => {
        const t = theirs.outputs[i];
        return o && t && o.error !== undefined && t.error !== undefined ? true : same(o, t);
    });
}

// ---- cases ----

let seed = Number(process.env.IM_SEED ?? 20261121);
function random(n) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * n);
}
const pick = (list) => list[random(list.length)];

const properties = [
    {}, {x: 1, y: 2, s: 'abc', b: true, n: null, a: [1, 2, 3], w: ['p', 'q'], o: {k: 5, x: 'in'}, c: 'red'},
    {x: -2.5, y: 0, s: '', b: false, a: [], w: [], o: {}, c: '#zz'},
    {x: 'seven', y: '7', s: '张江 𠮷 é ß', b: 'true', a: 'abc', w: [1, 'x'], o: null, c: 'rgba(10,20,30,0.5)'},
    {x: 1e21, y: 1.5e-7, s: 'İstanbul', b: 0, a: [[1], [2]], w: ['p'], o: {k: null}, c: [10, 20, 30]},
];
const geometries = [{type: 'MultiPolygon', coordinates: []}, {type: 'Point', coordinates: [5, 5]}, {type: 'LineString', coordinates: [[1, 1], [9, 9]]},
    {type: 'Polygon', coordinates: [[[1, 1], [2, 1], [2, 2], [1, 1]]]}, {type: 'MultiPoint', coordinates: [[3, 3], [20, 20]]}];
const inputs = properties.map((p, i) => [
    {zoom: [0, 3.5, 7, 22, 10][i], heatmapDensity: i / 4, ...(i % 2 ? {canonicalID: {z: 3, x: 4, y: 3}} : {}),
        availableImages: ['bus', 'abc']},
    {properties: p, ...(i ? {id: i === 3 ? 'id3' : i} : {}), ...(geometries[i] ? {geometry: geometries[i]} : {})}]);

const square = (a, b) => ({type: 'Polygon', coordinates: [[[a, a], [b, a], [b, b], [a, b], [a, a]]]});
const leaves = {
    number: [0, 1, -1, 2.5, 1e21, 1e-7, -0.5, 255, ['zoom'], ['get', 'x'], ['get', 'y'], ['pi'], ['e'], ['ln2'], ['heatmap-density'],
        ['number', ['get', 'x'], 3], ['to-number', ['get', 'y']], ['length', ['get', 's']]],
    string: ['', 'a', 'abc', '张', 'ß', '𠮷x', 'red', '12', ' 3 ', ['get', 's'], ['get', 'c'], ['geometry-type'],
        ['string', ['get', 'x'], 'other'], ['to-string', ['get', 'o']], ['typeof', ['get', 'a']], ['concat', 'a', ['get', 'x']]],
    boolean: [true, false, ['get', 'b'], ['has', 'x'], ['has', 'nope'], ['boolean', ['get', 'b'], false], ['to-boolean', ['get', 's']],
        ['==', ['get', 'x'], 1], ['!', true]],
    color: ['red', '#0f08', 'hsl(120 50% 50% / 30%)', ['rgb', 1, 2, 3], ['rgba', 255, 0, 0, 0.5], ['to-color', ['get', 'c'], 'blue']],
    array: [['literal', []], ['literal', [1, 2, 3]], ['literal', ['a', 'b']], ['literal', [1, 'a', null]], ['literal', [[1], [2]]],
        ['get', 'a'], ['array', ['get', 'a']], ['array', 'number', ['get', 'a']], ['array', 'string', 2, ['get', 'w']], ['split', 'a,b', ',']],
    object: [['literal', {}], ['literal', {k: 1, x: [1]}], ['get', 'o'], ['properties'], ['object', ['get', 'o']]],
    any: [null, ['get', 'x'], ['get', 'n'], ['get', 'nope'], ['id'], ['feature-state', 'x'], ['accumulated'], ['global-state', 'g'], ['error', 'no'],
        ['var', 'v'], ['image', 'bus'], ['format', 'x', {}], ['collator', {}]],
};
const kinds = Object.keys(leaves);

function leaf(kind) {
    return pick(random(8) ? leaves[kind] : leaves[pick(kinds)]);
}

// operator: kinds of its arguments; '+' behind a kind: once or more; '?': perhaps
const table = {
    '+': ['number+'], '*': ['number+'], '-': ['number', 'number?'], '/': ['number', 'number'], '%': ['number', 'number'],
    '^': ['number', 'number'], min: ['number+'], max: ['number+'], abs: ['number'], ceil: ['number'], floor: ['number'],
    round: ['number'], sqrt: ['number'], ln: ['number'], log2: ['number'], log10: ['number'], sin: ['number'], cos: ['number'],
    tan: ['number'], asin: ['number'], acos: ['number'], atan: ['number'], pi: [], e: [], ln2: [],
    '==': ['any', 'any'], '!=': ['any', 'any'], '<': ['number', 'number'], '<=': ['string', 'string'], '>': ['number', 'any'], '>=': ['any', 'string'],
    all: ['boolean+'], any: ['boolean+'], '!': ['boolean'], case: ['boolean', 'any', 'any'],
    coalesce: ['any+'], get: ['string', 'object?'], has: ['string', 'object?'], at: ['number', 'array'], in: ['any', 'array'],
    'index-of': ['any', 'array', 'number?'], slice: ['array', 'number', 'number?'], length: ['array'], join: ['array', 'string'], split: ['string', 'string'],
    concat: ['any+'], upcase: ['string'], downcase: ['string'], 'is-supported-script': ['string'], typeof: ['any'],
    'to-string': ['any'], 'to-number': ['any+'], 'to-boolean': ['any'], 'to-color': ['color+'], 'to-rgba': ['color'],
    string: ['any+'], number: ['any+'], boolean: ['any+'], object: ['any+'], array: ['any'], rgb: ['number', 'number', 'number'],
    rgba: ['number', 'number', 'number', 'number'], 'feature-state': ['string'], properties: [], 'geometry-type': [], id: [], zoom: [],
    'heatmap-density': [], 'line-progress': [], elevation: [], accumulated: [], error: ['string'], image: ['string'], 'global-state': ['string'],
    literal: [], let: [], var: [], match: [], step: [], interpolate: [], 'interpolate-hcl': [], 'interpolate-lab': [], within: [], distance: [],
    format: [], 'number-format': [], collator: [], 'resolved-locale': [],
};

function argument(kind, depth) {
    return depth > 0 && random(3) === 0 ? build(pick(Object.keys(table)), depth - 1) : leaf(kind);
}

const forms = {
    literal: () => ['literal', pick([1, 'a', [1, 'b'], {a: {b: [1]}}, null, [], [[1, 2], [3, 4]]])],
    let: (d) => ['let', 'v', argument('any', d), 'w', argument('number', d), pick([['var', 'v'], ['+', ['var', 'w'], 1], ['concat', ['var', 'v'], ['var', 'w']]])],
    var: () => ['let', 'v', leaf('any'), ['var', pick(['v', 'u'])]],
    match: (d) => {
        const text = random(2);
        return ['match', argument(text ? 'string' : 'number', d), text ? 'abc' : 1, argument('any', d),
            text ? ['a', '张'] : [2, 7], argument('any', d), argument('any', d)];
    },
    step: (d) => ['step', argument('number', d), argument('any', d), 0, argument('any', d), 5, argument('any', d)],
    curve: (op, d) => {
        const kind = pick(['number', 'color', 'array']);
        return [op, pick([['linear'], ['exponential', 2], ['exponential', 0.5], ['cubic-bezier', 0.4, 0, 0.6, 1], ['cubic-bezier', 0, 1, 1, 0]]),
            argument('number', d), 0, argument(kind, d), 5, argument(kind, d), 10, argument(kind, d)];
    },
    within: () => ['within', pick([square(0, 10), square(4, 6), {type: 'Feature', properties: {}, geometry: square(2, 30)},
        {type: 'MultiPolygon', coordinates: [square(2, 4).coordinates, square(15, 25).coordinates]}, {type: 'Point', coordinates: [1, 1]}, 5])],
    distance: () => ['distance', pick([square(0, 10), square(7, 8), {type: 'Point', coordinates: [5, 5.5]},
        {type: 'LineString', coordinates: [[0, 7], [7, 0]]}, {type: 'MultiPoint', coordinates: [[30, 30], [-170, 2]]},
        {type: 'FeatureCollection', features: [{type: 'Feature', properties: {}, geometry: square(20, 21)}]}])],
    format: (d) => ['format', argument('string', d), {'font-scale': argument('number', 0), 'text-color': leaf('color')},
        pick([['image', 'bus'], argument('string', d)]), {'text-font': ['literal', ['A', 'B']], 'vertical-align': pick(['top', 'middle'])}],
    'number-format': (d) => ['number-format', argument('number', d), pick([{}, {locale: 'en-US'}, {locale: 'de', 'min-fraction-digits': 2},
        {'max-fraction-digits': 1}, {currency: 'USD', locale: 'en-US'}, {currency: 'JPY', locale: 'ja'}, {unit: 'kilometer', locale: 'en'},
        {locale: 'zh-CN', 'min-fraction-digits': 1, 'max-fraction-digits': 4}, {'min-fraction-digits': 5, 'max-fraction-digits': 2}, {unit: 'meter', currency: 'EUR'}])],
    collator: (d) => [pick(['==', '<', '>=', '!=']), argument('string', d), argument('string', d),
        ['collator', pick([{}, {'case-sensitive': true, locale: 'en'}, {'diacritic-sensitive': true, locale: 'de'}, {'case-sensitive': ['get', 'b']},
            {'case-sensitive': true, 'diacritic-sensitive': true, locale: 'zh'}, 5])]],
    'resolved-locale': () => ['resolved-locale', ['collator', pick([{locale: 'en'}, {locale: 'de-DE'}, {locale: 'zh-CN'}, {locale: 'fr', 'case-sensitive': true}])]],
};
forms.interpolate = (d) => forms.curve('interpolate', d);
forms['interpolate-hcl'] = (d) => forms.curve('interpolate-hcl', d);
forms['interpolate-lab'] = (d) => forms.curve('interpolate-lab', d);

function build(op, depth) {
    if (forms[op]) return forms[op](depth);
    const out = [op];
    for (const kind of table[op]) {
        const plain = kind.replace(/[+?]/, '');
        const n = kind.endsWith('+') ? 1 + random(3) : kind.endsWith('?') ? random(2) : 1;
        for (let i = 0; i < n; i++) out.push(argument(plain, depth));
    }
    if (random(25) === 0) out.push(leaf('any')); // one too many
    if (random(25) === 0 && out.length > 1) out.pop();
    return out;
}

const specs = [undefined, {type: 'number'}, {type: 'string'}, {type: 'boolean'}, {type: 'color'}, {type: 'formatted'}, {type: 'resolvedImage'},
    {type: 'array', value: 'number', length: 2}, {type: 'array', value: 'string'}, {type: 'array'}, {type: 'padding'}, {type: 'numberArray'},
    {type: 'colorArray'}, {type: 'variableAnchorOffsetCollection'}, {type: 'projectionDefinition'}, {type: 'enum', values: {abc: {}, a: {}}},
    {type: 'number', 'property-type': 'data-constant'}, {type: 'number', expression: {interpolated: false, parameters: ['zoom', 'feature']}},
    {type: 'string', 'property-type': 'data-driven', expression: {parameters: ['feature']}}];

const cases = [];
function add(expression, propertySpec, more) {
    cases.push({expression, ...(propertySpec ? {propertySpec} : {}), inputs, globalState: {g: 'state'}, ...more});
}

// what generating would hardly find
const numbers = ['1', '-1', '+1', '.5', '5.', '1e3', '1E-3', '0x1f', '0b11', '0o17', '-0x1', 'Infinity', '-Infinity', 'NaN', '', ' ', '\t12\n',
    '1 2', '1_000', '1,5', '１', '00012', '--1', '1e', 'e1', '1e400', '.', '+', '\u00a05\u3000', '12345678901234567890', '0.1e-6'];
for (const text of numbers) add(['to-number', ['concat', text, ['literal', '']], -99]);
for (const n of [0, -0, 1e-6, 1.5e-7, 123456789012345680000, 1e21, 1.7976931348623157e308, 5e-324, 0.1, 1 / 3, 100, 1e20, 123e-20, -1.5, 4.35, 2 ** 53])
    add(['to-string', n]), add(['round', n]), add(['concat', n, '/', -n]);
const colors = ['red', 'RED', ' red ', 'transparent', '#f00', '#F00C', '#ff0000', '#ff000080', '#ff00', '#fffff', '#ggg', 'rgb(1,2,3)', 'rgb(1 2 3)', 'rgb(1, 2 3)',
    'rgb(1 2 3 / 0.5)', 'rgb(1,2,3,0.5)', 'rgb(1 2 3 0.5)', 'rgb(1,2,3 / 0.5)', 'rgba(1,2,3,50%)', 'rgb(10%,20%,30%)', 'rgb(10%,20,30%)', 'rgb(300,-5,0)', 'rgb(1.5,2.5,3.5)',
    'rgb(1e2,0,0)', 'rgb(1,2)', 'rgb(1,2,3,4,5)', 'rgb (1,2,3)', 'rgb( 1 , 2 , 3 )', 'hsl(120,50%,50%)', 'hsl(120deg 50% 50%)', 'hsl(-120,50%,50%)', 'hsl(480 50% 50% / .3)',
    'hsl(120,50,50)', 'hsla(120,50%,50%,0.2)', 'hsl(120 200% 50%)', 'hsl(0.5turn 1% 1%)', 'rgb(1deg,2,3)', 'hwb(1 2% 3%)', 'rebeccapurple', 'currentcolor', 'grey', '', '#', 'rgb()',
    'hsl(120grad,50%,50%)', 'rgb(+1,+2,+3)', 'rgb(1..2,3,4)', 'rgb(1,2,3', 'rgb(1,2,3))', 'constructor', 'rgba(0,0,0,0)', 'hsla(1,2%,3%,400%)'];
for (const c of colors) add(['to-color', ['concat', c, '']]), add(c, {type: 'color'}), add(['to-string', ['to-color', c]]), add(['to-rgba', ['to-color', c, 'blue']]);
for (const list of [[1, 2, 3], [1, 2, 3, 0.5], [1, 2], [1, 2, 3, 4, 5], [300, 0, 0], ['a', 1, 2], [0, 0, 0, 2]]) add(['to-color', ['literal', list]]);
for (const op of ['interpolate', 'interpolate-hcl', 'interpolate-lab'])
    for (const [a, b] of [['red', 'blue'], ['white', 'red'], ['black', 'lime'], ['#888', '#444'], ['rgba(255,0,0,0)', 'blue'], ['hsl(350,90%,50%)', 'hsl(10,90%,50%)'], ['yellow', 'transparent']])
        for (const kind of [['linear'], ['exponential', 1.5], ['cubic-bezier', 0.42, 0, 0.58, 1]])
            add([op, kind, ['zoom'], 0, a, 10, b], {type: 'color'}), add([op, kind, ['get', 'x'], 0, a, 10, b], {type: 'colorArray'});
for (const kind of [[], ['linear', 1], ['exponential'], ['exponential', 'a'], ['exponential', -1], ['exponential', 0], ['cubic-bezier', 0, 0, 1], ['cubic-bezier', 0, 0, 1, 2], ['cubic-bezier', 0, 'a', 1, 1], ['spline'], 'linear', null, [5], [['linear']]])
    add(['interpolate', kind, ['zoom'], 0, 1, 10, 2], {type: 'number'});
for (const e of [['interpolate', ['linear'], ['zoom'], 0, 1], ['interpolate', ['linear'], ['zoom'], 0], ['interpolate', ['linear'], ['zoom']], ['interpolate', ['linear']], ['interpolate'], ['step', ['zoom'], 1], ['step', ['zoom'], 1, 2], ['step', ['zoom'], 1, 'a', 2],
    ['step', ['zoom'], 1, 5, 2, 5, 3], ['step', ['get', 'x'], 'a', 0, 'b'], ['step', 'x', 1, 2, 3], ['+', ['zoom'], 1], ['step', ['+', ['zoom'], 1], 1, 2, 3],
    ['let', 'z', ['zoom'], ['step', ['var', 'z'], 1, 5, 2]], ['let', 'a', 1, ['step', ['zoom'], ['var', 'a'], 5, 2]], ['coalesce', ['step', ['zoom'], 1, 5, 2], 3],
    ['coalesce', ['step', ['zoom'], 1, 5, 2], ['step', ['zoom'], 1, 5, 2]], ['number', ['step', ['zoom'], 1, 5, 2]], ['case', ['has', 'x'], ['step', ['zoom'], 1, 5, 2], 3],
    ['step', ['zoom'], ['step', ['zoom'], 1, 5, 2], 7, 3], ['let', 'a', ['step', ['zoom'], 1, 5, 2], ['var', 'a']], ['interpolate', ['linear'], ['zoom'], 0, ['get', 'x'], 10, ['get', 'y']],
    ['interpolate', ['linear'], ['zoom'], 0, ['literal', [1, 2]], 10, ['literal', [3, 4]]], ['interpolate', ['linear'], ['zoom'], 0, ['literal', [1, 2]], 10, ['literal', [3]]],
    ['interpolate', ['linear'], ['zoom'], 0, 'a', 10, 'b'], ['interpolate', ['linear'], ['zoom'], 0, true, 10, false]])
    for (const spec of specs.slice(0, 9).concat(specs.slice(16))) add(e, spec);
for (const e of [[], [1], ['nope'], [null], [['get', 'x']], {}, {a: 1}, null, 5, 'x', true, ['get'], ['get', 1], ['get', 'x', 'y'], ['get', 'x', ['literal', {x: 1}], 1], ['has'], ['literal'], ['literal', 1, 2],
    ['let'], ['let', 'a', 1], ['let', 1, 1, 1], ['let', 'a-b', 1, 1], ['let', 'a', 1, 'b', 2, ['var', 'b']], ['let', 'a', 1, 'b', ['var', 'a'], 1], ['let', 'a', 1, 'b', 1], ['var'], ['var', 1], ['var', 'a', 'b'], ['var', 'nope'],
    ['case'], ['case', true, 1], ['case', true, 1, 2, 3], ['case', 1, 1, 2], ['case', true, 1, 'a'], ['case', true, null, 1], ['case', ['get', 'b'], 1, 2], ['match'], ['match', 1, 1, 1], ['match', 1, 1, 1, 1, 1],
    ['match', ['get', 'x'], [], 1, 2], ['match', ['get', 'x'], true, 1, 2], ['match', ['get', 'x'], 1.5, 1, 2], ['match', ['get', 'x'], 9007199254740993, 1, 2], ['match', ['get', 'x'], 1, 1, 'a', 2, 3],
    ['match', ['get', 'x'], 1, 1, 1, 2, 3], ['match', ['get', 'x'], [1, 1], 1, 3], ['match', 'a', 1, 1, 3], ['match', ['get', 's'], 'abc', ['get', 'x'], ['get', 'y']], ['match', ['get', 'x'], [1, 2], 'a', 'b'],
    ['match', ['geometry-type'], 'Point', 1, 2], ['match', ['literal', [1]], 1, 1, 2], ['coalesce'], ['coalesce', null], ['coalesce', ['image', 'no'], ['image', 'bus']], ['coalesce', ['image', 'no'], ['image', 'nix']], ['image', ''], ['image'],
    ['at', 0, ['literal', [1]]], ['at', 1, ['literal', [1]]], ['at', -1, ['literal', [1]]], ['at', 0.5, ['literal', [1, 2]]], ['at', 'a', ['literal', [1]]], ['at', 0, 5], ['at', 0, ['get', 'a']], ['at', 0], ['at', 0, ['literal', []]],
    ['in', 'b', 'abc'], ['in', '', 'abc'], ['in', 1, '123'], ['in', null, 'xnull'], ['in', true, 'true'], ['in', ['get', 'o'], ['get', 'a']], ['in', 'x', ['get', 'nope']], ['in', 'x', 5], ['in', ['literal', [1]], ['literal', [[1]]]], ['in', 1, ['get', 'a']], ['in', 1],
    ['index-of', '𠮷', 'x𠮷y𠮷'], ['index-of', 'y', 'x𠮷y𠮷'], ['index-of', 'y', 'x𠮷y', 2], ['index-of', 'a', 'banana', 2], ['index-of', 'a', 'banana', -3], ['index-of', 'a', 'banana', 99], ['index-of', '', 'abc'], ['index-of', '', 'abc', 2],
    ['index-of', 2, ['literal', [1, 2, 3, 2]], 2], ['index-of', 2, ['literal', [1, 2, 3, 2]], -1], ['index-of', 'z', ['get', 'a']], ['index-of', null, ['literal', [1, null]]], ['index-of', 1, 5], ['index-of', 'a', 'banana', 1.9],
    ['slice', 'x𠮷y张z', 1, 3], ['slice', 'abc', -2], ['slice', 'abc', 1, -1], ['slice', 'abc', 5], ['slice', 'abc', 2, 1], ['slice', ['literal', [1, 2, 3]], 1], ['slice', ['get', 'a'], 0, 2], ['slice', ['get', 'x'], 1], ['slice', 5, 1], ['slice', 'abc', 'a'], ['slice', 'abc'], ['slice', 'abc', 0.9, 1.9], ['slice', 'abc', -0.5],
    ['length', 'x𠮷y'], ['length', ['literal', [1, 2]]], ['length', ['get', 'a']], ['length', 5], ['length', ['get', 'o']], ['length'], ['split', 'abc', ''], ['split', '', ''], ['split', '', ','], ['split', 'a,b,,c', ','], ['split', ',', ','],
    ['join', ['literal', ['a', 'b']], '-'], ['join', ['split', 'a b c', ' '], ''], ['join', ['literal', []], '-'], ['join', ['literal', [1, 2]], '-'], ['join', ['get', 'w'], '+'], ['join', ['array', 'string', ['get', 'w']], '+'],
    ['upcase', 'straße ﬁ ŉ ΰ i ı'], ['downcase', 'İ ΑΣ ΣΑ Σ İI ẞ'], ['upcase', ['get', 's']], ['downcase', ['get', 's']], ['concat'], ['concat', null, true, 1.5, ['literal', [1, 'a', null]], ['literal', {a: [1]}]], ['concat', ['get', 's'], ['rgba', 1, 2, 3, 0.25]],
    ['concat', 'a"b\\\n\u0001', ['literal', ['"\\\n\t\u0001\u007f']]], ['typeof', ['literal', [1, 2]]], ['typeof', ['literal', [[1], [2]]]], ['typeof', ['literal', [[1]]]], ['typeof', ['literal', []]], ['typeof', ['literal', [1, 'a']]], ['typeof', null], ['typeof', ['rgb', 1, 1, 1]], ['typeof', ['format', 'a', {}]], ['typeof', ['image', 'bus']], ['typeof', ['collator', {}]],
    ['array'], ['array', 'number'], ['array', 'foo', ['get', 'a']], ['array', ['get', 'a']], ['array', 'number', 3, ['get', 'a']], ['array', 'number', -1, ['get', 'a']], ['array', 'number', 1.5, ['get', 'a']], ['array', 'number', null, ['get', 'a']], ['array', 'number', 'x', ['get', 'a']], ['array', 'object', ['get', 'a']], ['array', 'string', 2, ['get', 'w'], ['literal', ['d', 'e']]], ['array', ['literal', [[1]]]],
    ['number', 'a'], ['number', 'a', 5], ['string', 5], ['boolean', 1, true], ['object', 5], ['object', ['literal', {a: 1}]], ['to-boolean'], ['to-boolean', 1, 2], ['to-boolean', ['literal', []]], ['to-boolean', ''], ['to-boolean', 0], ['to-number', null], ['to-number', true], ['to-number', ['literal', []]], ['to-number', ['literal', [5]]], ['to-number', ['literal', {}]], ['to-number', 'x'], ['to-number', 'x', 'y', 3], ['to-string', ['literal', {b: 1, a: [null]}]],
    ['rgb', 0, 0, 256], ['rgb', 0, 0, -1], ['rgba', 0, 0, 0, 1.1], ['rgb', ['get', 'x'], 0, 0], ['rgba', 1, 2, 3], ['to-rgba', 'red'], ['to-rgba', ['rgba', 1, 2, 3, 0]], ['==', 1, 'a'], ['==', ['get', 'x'], null], ['==', ['get', 'a'], ['get', 'a']], ['==', ['literal', [1]], 1], ['<', 1, 'a'], ['<', true, false], ['<', ['get', 'x'], 1], ['<', ['get', 'x'], ['get', 'y']], ['<', 'a', 'b', ['collator', {}]], ['==', 1, 2, ['collator', {}]], ['==', ['get', 'x'], ['get', 's'], ['collator', {}]], ['==', 'a', 'b', 5], ['==', 'a'],
    ['<', '\ud83d\ude00', '\uff5e'], ['<', 'a', 'aa'], ['<', 'B', 'a'], ['==', 'é', 'e\u0301'], ['==', 'é', 'e', ['collator', {}]], ['==', 'é', 'E', ['collator', {'case-sensitive': true}]], ['==', 'é', 'e', ['collator', {'diacritic-sensitive': true}]], ['<', 'a', 'B', ['collator', {'case-sensitive': true, 'diacritic-sensitive': true}]],
    ['collator'], ['collator', 5], ['collator', []], ['collator', {'case-sensitive': 1}], ['collator', {locale: 5}], ['resolved-locale', ['collator', {locale: 'en-GB'}]], ['format'], ['format', {}], ['format', 'a'], ['format', 'a', 'b', {}], ['format', 5], ['format', ['get', 'x'], {'font-scale': 'a'}], ['format', null, {}], ['format', 'a', {'text-font': 'a'}], ['format', 'a', {'text-color': ['get', 'c']}], ['format', 'a', {'vertical-align': ['get', 's']}],
    ['number-format', 1234.5678, {}], ['number-format', 1234.5], ['number-format', 'a', {}], ['number-format', 1, 5], ['number-format', 0.5, {'max-fraction-digits': 0}], ['number-format', -1234567.891, {locale: 'en-US', 'max-fraction-digits': 2}], ['number-format', 1e21, {}], ['number-format', ['get', 'x'], {currency: 'EUR', locale: 'de-DE'}], ['number-format', 16, {unit: 'mile-per-hour', locale: 'en'}], ['number-format', ['/', 0, 0], {}], ['number-format', 2.5, {'max-fraction-digits': 0, locale: 'en'}], ['number-format', 1, {currency: 'XX'}], ['number-format', 1, {locale: ['get', 's']}], ['number-format', 12, {locale: 'ar-EG'}], ['number-format', 1234567, {locale: 'en-IN'}], ['number-format', 1234, {locale: 'es'}],
    ['global-state', 'g'], ['global-state', 'nope'], ['global-state'], ['global-state', 5], ['global-state', null], ['global-state', ['get', 'x']], ['feature-state', 'x'], ['error', 'a'], ['case', ['has', 'x'], ['error', 'bad'], 1], ['all'], ['any'], ['all', 1], ['all', true, 1], ['any', false, 'a', true], ['all', ['get', 'b']], ['!', ['get', 'b']], ['!'], ['!', 1], ['any', true, ['error', 'x']],
    ['%', 5.5, 2], ['%', -5, 3], ['%', 5, 0], ['/', 1, 0], ['/', 0, 0], ['^', 2, -1], ['^', -1, 0.5], ['^', 1, ['/', 1, 0]], ['sqrt', -1], ['ln', 0], ['min'], ['max'], ['+'], ['*'], ['-'], ['-', 1], ['-', 1, 2, 3], ['min', 1, ['/', 0, 0]], ['round', -0.5], ['round', 2.5], ['round', 0.49999999999999994], ['asin', 2], ['pi', 1], ['e'], ['zoom', 1],
    ['filter-==', 'x', 1], ['filter-<', 'x', 2], ['filter-has', 'x'], ['filter-id-==', 1], ['filter-type-==', 'Point'], ['filter-has-id'], ['filter-type-in', ['literal', ['Point']]], ['filter-id-in', ['literal', [1, 2]]], ['filter->=', 's', 'abc'],
    ['within'], ['within', 1], ['distance'], ['distance', {type: 'Point', coordinates: [1, 1]}]])
    for (const spec of [undefined, pick(specs), pick(specs)]) add(e, spec);
for (const [value, spec] of [[5, specs[10]], [[1, 2], specs[10]], [['literal', [1, 2, 3]], specs[10]], [['literal', [1, 2, 3, 4, 5]], specs[10]], [['get', 'a'], specs[10]], [['interpolate', ['linear'], ['zoom'], 0, 1, 10, ['literal', [2, 4]]], specs[10]],
    [['literal', [1, 2]], specs[11]], [['interpolate', ['linear'], ['zoom'], 0, ['literal', [1, 2]], 10, ['literal', [3, 4]]], specs[11]], [['literal', ['red', 'blue']], specs[12]], [['interpolate', ['linear'], ['zoom'], 0, ['literal', ['red']], 10, ['literal', ['red', 'blue']]], specs[12]],
    [['literal', ['top', [1, 2]]], specs[13]], [['literal', ['nowhere', [1, 2]]], specs[13]], [['interpolate', ['linear'], ['zoom'], 0, ['literal', ['top', [1, 2]]], 10, ['literal', ['top', [3, 4]]]], specs[13]], [['interpolate', ['linear'], ['zoom'], 0, ['literal', ['top', [1, 2]]], 10, ['literal', ['left', [3, 4]]]], specs[13]],
    ['mercator', specs[14]], [['step', ['zoom'], 'vertical-perspective', 10, 'mercator'], specs[14]], [['interpolate', ['linear'], ['zoom'], 5, 'vertical-perspective', 10, 'mercator'], specs[14]], [['literal', ['a', 'b', 0.5]], specs[14]]]) add(value, spec);
for (const fn of [{stops: [[0, 1], [10, 2]]}, {stops: [[0, 1], [10, 2]], base: 2}, {type: 'interval', stops: [[0, 1], [10, 2]]}, {property: 'x'}, {property: 'x', default: 5}, {type: 'identity', property: 's'}, {property: 'x', stops: [[0, 1], [10, 2]]},
    {property: 'x', stops: [[0, 1], [10, 2]], default: 7}, {property: 's', type: 'categorical', stops: [['abc', 1], ['x', 2]], default: 3}, {property: 'b', type: 'categorical', stops: [[true, 1], [false, 2]], default: 3}, {property: 'x', type: 'interval', stops: [[0, 1], [2, 5]], default: 9},
    {property: 'x', stops: [[{zoom: 0, value: 0}, 0], [{zoom: 0, value: 5}, 5], [{zoom: 10, value: 0}, 10], [{zoom: 10, value: 5}, 50]]}, {stops: [[0, 'red'], [10, 'blue']], colorSpace: 'lab'}, {stops: [[0, 'red'], [10, 'blue']], colorSpace: 'hcl'}, {stops: [[0, '{s}'], [10, 'x{y}z']]}, {stops: [[0, 1], [0, 2], [10, 3]]}])
    for (const spec of [{type: 'number', default: 1}, {type: 'color', default: 'black'}, {type: 'string', default: '', tokens: true, expression: {interpolated: false, parameters: ['zoom', 'feature']}}, {type: 'enum', values: {abc: {}, x: {}}, default: 'x'}]) add(fn, spec);

// every operator, alone and nested
for (const op of Object.keys(table))
    for (let i = 0; i < 40; i++) add(build(op, i % 4), random(3) ? undefined : pick(specs));

const missing = Object.keys(expressions ?? {}).filter((op) => !(op in table) && !op.startsWith('filter-'));
if (missing.length) throw new Error(`operators without cases: ${missing.join(', ')}`);

// ---- running ----

const folder = mkdtempSync(join(tmpdir(), 'expressions-'));
let answers;
try {
    const file = join(folder, 'cases.json');
    writeFileSync(file, JSON.stringify(cases));
    answers = JSON.parse(execFileSync(program, ['style', 'eval', '--compiled', file], {maxBuffer: 1 << 28}));
} finally {
    rmSync(folder, {recursive: true});
}

let failed = 0, refused = 0, worded = 0;
cases.forEach((test, i) => {
    const theirs = JSON.parse(JSON.stringify(reference(test)));
    const ours = answers[i];
    if (theirs.compiled.result === 'error') {
        refused++;
        worded += JSON.stringify(ours.compiled.errors) === JSON.stringify(theirs.compiled.errors);
    }
    if (agree(ours, theirs)) return;
    if (failed++ < show)
        console.log(`${JSON.stringify(test.expression)} as ${JSON.stringify(test.propertySpec)}\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`);
});
console.log(`${cases.length} cases, ${refused} of them refused (${worded} in the same words), ${failed} differ`);
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

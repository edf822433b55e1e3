import type { Random } from './random.js'

const DEEP = 20_000

/** Values that have a wrong type, are too large, or mean something to somebody. */
const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 53,
    2 ** 63,
    1e308,
    '',
    ' ',
    '\0',
    '..',
    '../x',
    '/x',
    'x/../y',
    'x//y',
    './x',
    'x/',
    '\n',
    '\ud800',
  ],
  ...[
    '\u202e',
    '\x1b[2J',
    '-1',
    '18446744073709551615',
    '18446744073709551616',
    '[0xffffffffffffffff:0xffffffff:0xffffffff]',
    '0777',
    '99999',
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    { percent: '%2e%2e' },
    { percent: '%00' },
    { percent: '%' },
    { percent: 1 },
    { toString: 1 },
    { length: 2 ** 40 },
  ],
]

/** One change of the value of some JSON: a field replaced, removed, doubled or moved. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.oneIn(8)) return oddValue(value, random)
  const keys = Object.keys(value)
  if (keys.length === 0 || random.oneIn(12)) return withField(value, random)
  const key = random.pick(keys)
  if (random.oneIn(8)) return withoutField(value, key)
  if (random.oneIn(12)) return { ...value, [key]: (value as Record<string, unknown>)[random.pick(keys)] }
  const changed = mutateJson((value as Record<string, unknown>)[key], random)
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }
}

/** JSON text of a value that `JSON.stringify` could be too deep for. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('"<deep>"', () => `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`)
}

function oddValue(value: unknown, random: Random): unknown {
  if (random.oneIn(40)) return '<deep>'
  if (typeof value === 'string' && random.oneIn(2)) return oddText(value, random)
  if (typeof value === 'number' && random.oneIn(2)) return random.pick([value + 1, -value, value * 2 ** 32, String(value), [value]])
  return random.pick(ODD_VALUES)
}

function oddText(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const odd = random.pick(ODD_VALUES.filter((value) => typeof value === 'string'))
  return random.pick([text.slice(0, at), text.slice(0, at) + odd + text.slice(at), text.repeat(1 + random.below(40)), `${odd}${text}`])
}

function withField(value: object, random: Random): unknown {
  if (Array.isArray(value)) return [...value, random.oneIn(2) ? random.pick(ODD_VALUES) : (value[0] as unknown)]
  return { ...value, [random.pick(['x', 'toJSON', 'constructor', 'length', ''])]: random.pick(ODD_VALUES) }
}

function withoutField(value: object, key: string): unknown {
  if (Array.isArray(value)) return value.toSpliced(Number(key), 1)
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
}

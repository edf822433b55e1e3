import { PROXY_ONLY } from './site.mjs'

const MIB = 2 ** 20

/** MiB of the file a second. */
export const rateOf = ({ bytes, seconds }) => bytes / MIB / seconds

export function row(figure) {
  const { case: name, method, delay, seconds, cpuSeconds, peakMib, sourcePeakMib } = figure
  const rounded = (value, digits = 0) => (value === undefined ? '' : value.toFixed(digits))
  return {
    case: name,
    'round trip': delay === PROXY_ONLY ? '0 ms, proxy' : `${delay} ms`,
    method,
    seconds: rounded(seconds, 2),
    'MiB/s': rounded(rateOf(figure)),
    'CPU s': rounded(cpuSeconds, 2),
    'peak MiB': rounded(peakMib),
    'source MiB': rounded(sourcePeakMib),
  }
}

/** The comparisons that the design promises. A delay is compared with the same proxy without one. */
export function ratios(figures, names, delays) {
  const rate = (name, method, delay) => {
    const found = figures.find((figure) => figure.case === name && figure.method === method && figure.delay === delay)
    return found === undefined ? Number.NaN : rateOf(found)
  }
  const to = (name, other, delay = 0) => rate(name, 'filediff', delay) / rate(name, other, delay)
  const all = [
    ['identical, to reading and hashing once', to('identical', 'read and hash')],
    [
      'identical with kept digests, to reading and hashing once',
      rate('identical', 'filediff, kept', 0) / rate('identical', 'read and hash', 0),
    ],
    ['all changed, to ssh cat', to('all changed', 'ssh cat')],
    ['all changed, to ssh cat with AES', to('all changed', 'ssh cat, AES')],
    ...names.map((name) => [`${name}, to rsync --inplace`, to(name, 'rsync --inplace')]),
    ...names.map((name) => [`${name}, to rsync --inplace with AES`, to(name, 'rsync, AES')]),
    ...names.map((name) => [`${name}, to lock-step`, to(name, 'lock-step')]),
    ...names.flatMap((name) =>
      delays
        .filter((delay) => delay > 0)
        .map((delay) => [`${name}, ${delay} ms to no delay`, rate(name, 'filediff', delay) / rate(name, 'filediff', PROXY_ONLY)]),
    ),
  ]
  return all.filter(([, value]) => !Number.isNaN(value)).map(([comparison, value]) => ({ comparison, ratio: value.toFixed(2) }))
}

import { PROXY_ONLY } from './site.mjs'

const MIB = 2 ** 20

/** A file of one block: what is left is connecting, and starting both ends. */
export const SET_UP = 'one block'
export const SPARSE = 'sparse'
export const SPARSE_SMALL = 'sparse, 1 GiB'

/** MiB of the file a second. */
export const rateOf = ({ bytes, seconds }) => bytes / MIB / seconds

export function row(figure) {
  const { case: name, method, delay, seconds, cpuSeconds, otherCpuSeconds, peakMib, sourcePeakMib } = figure
  const rounded = (value, digits = 0) => (value === undefined ? '' : value.toFixed(digits))
  return {
    case: name,
    'round trip': delay === PROXY_ONLY ? '0 ms, proxy' : `${delay} ms`,
    method,
    seconds: rounded(seconds, 2),
    'MiB/s': rounded(rateOf(figure)),
    'CPU s': rounded(cpuSeconds, 2),
    'others CPU s': rounded(otherCpuSeconds, 2),
    'peak MiB': rounded(peakMib),
    'source MiB': rounded(sourcePeakMib),
  }
}

/** The comparisons that the design promises. A delay is compared with the same proxy without one. */
export function ratios(figures, names, delays) {
  const find = (name, method, delay) => figures.find((figure) => figure.case === name && figure.method === method && figure.delay === delay)
  const rate = (name, method, delay) => {
    const found = find(name, method, delay)
    return found === undefined ? Number.NaN : rateOf(found)
  }
  /** Without the time that a file of one block takes over the same way. */
  const rateAfterSetUp = (name, delay) => {
    const [found, setUp] = [find(name, 'filediff', delay), find(SET_UP, 'filediff', delay)]
    return found === undefined || setUp === undefined ? Number.NaN : rateOf({ ...found, seconds: found.seconds - setUp.seconds })
  }
  const memory = (key) => find(SPARSE, 'filediff', delays[0])?.[key] / find(SPARSE_SMALL, 'filediff', delays[0])?.[key]
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
        .flatMap((delay) => [
          [`${name}, ${delay} ms to no delay`, rate(name, 'filediff', delay) / rate(name, 'filediff', PROXY_ONLY)],
          [`${name}, ${delay} ms to no delay, after set-up`, rateAfterSetUp(name, delay) / rateAfterSetUp(name, PROXY_ONLY)],
        ]),
    ),
    ['peak memory of the target, to that of a sparse file of 1 GiB', memory('peakMib')],
    ['peak memory of the source, to that of a sparse file of 1 GiB', memory('sourcePeakMib')],
  ]
  return all.filter(([, value]) => !Number.isNaN(value)).map(([comparison, value]) => ({ comparison, ratio: value.toFixed(2) }))
}

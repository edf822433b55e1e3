import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { shrinkList } from '../shrink.js'
import { mutateBytes } from './mutate-bytes.js'
import { jsonText, mutateJson } from './mutate-json.js'
import { mutateWords } from './mutate-words.js'
import { Random } from './random.js'
import type { Subject } from './subject.js'

export interface FuzzOptions {
  readonly subjects: readonly Subject[]
  readonly seed: number
  /** Inputs for each subject, or seconds for all together. */
  readonly until: { readonly inputs: number } | { readonly seconds: number }
  /** Told now and then. */
  readonly progress?: (inputCount: number) => void
}

const CHANGES_MAX = 4
const INPUT_MAX_BYTES = 512 * 1024
const REPORT_INPUTS = 20_000
/** Whatever takes so long has a cost that grows faster than its input. */
const SLOW_SECONDS = 20
/** Enough to make an input readable. */
const SHRINK_TRIES = 300
/** What is kept of inputs that are over. */
const HEAP_GROWTH_MAX_BYTES = 64 * 1024 * 1024
const HEAP_CHECK_INPUTS = 2000

/** Gives every subject its valid inputs, then changed ones, until something is found, which is thrown with all that is needed to see it again. */
export async function fuzz({ subjects, seed, until, progress }: FuzzOptions): Promise<number> {
  for (const subject of subjects) for (const input of subject.seeds) await subject.check(input, new Random(seed), true)
  const inputs = 'inputs' in until ? until.inputs * subjects.length : Number.POSITIVE_INFINITY
  const deadline = 'seconds' in until ? performance.now() + until.seconds * 1000 : Number.POSITIVE_INFINITY
  const heap = new HeapWatch()
  let count = 0
  for (; count < inputs && performance.now() < deadline; count += 1) {
    const subject = subjects[count % subjects.length]!
    const random = new Random(seed, count)
    const input = changed(subject, random)
    const failure = await failureOf(subject, input, random)
    if (failure !== null) throw await explain(subject, input, failure, `seed ${seed}, input ${count}`)
    if (count % HEAP_CHECK_INPUTS === 0) heap.check(`seed ${seed}, input ${count}`)
    if (count % REPORT_INPUTS === 0) progress?.(count)
  }
  return count
}

function changed({ seeds, pieces = seeds, form }: Subject, random: Random): Buffer {
  let input = random.pick(random.oneIn(4) ? pieces : seeds)
  for (let left = 1 + random.below(random.oneIn(2) ? 1 : CHANGES_MAX); left > 0; left -= 1) {
    const inForm = form === 'bytes' || random.oneIn(3) ? null : changedInForm(input, pieces, form, random)
    input = inForm ?? mutateBytes(input, pieces, random)
    // Repeated twice, a piece becomes longer than anything that is ever sent.
    if (input.length > INPUT_MAX_BYTES) return input.subarray(0, INPUT_MAX_BYTES)
  }
  return input
}

function changedInForm(input: Buffer, pieces: readonly Buffer[], form: Exclude<Subject['form'], 'bytes'>, random: Random): Buffer | null {
  return form === 'words' ? mutateWords(input, pieces, random) : changedJson(input, form, random)
}

function changedJson(input: Buffer, form: 'json' | 'json-lines', random: Random): Buffer | null {
  const lines = form === 'json' ? [input.toString('utf8')] : input.toString('utf8').split('\n')
  const at = random.below(lines.length)
  try {
    return Buffer.from(lines.with(at, jsonText(mutateJson(JSON.parse(lines[at]!), random))).join('\n'))
  } catch {
    return null
  }
}

async function failureOf(subject: Subject, input: Buffer, random: Random): Promise<Error | null> {
  const started = performance.now()
  try {
    await subject.check(input, random, false)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
  const seconds = (performance.now() - started) / 1000
  return seconds < SLOW_SECONDS ? null : new Error(`took ${Math.round(seconds)} seconds`)
}

async function explain(subject: Subject, input: Buffer, failure: Error, which: string): Promise<Error> {
  let triesLeft = SHRINK_TRIES
  const fails = async (bytes: readonly number[]) => {
    if (triesLeft-- <= 0) return false
    const again = await failureOf(subject, Buffer.from(bytes), new Random(0))
    return again !== null && again.name === failure.name
  }
  const smallest = Buffer.from(await shrinkList([...input], fails))
  const shown =
    smallest.length > 2000 ? `${smallest.subarray(0, 2000).toString('base64')}… (${smallest.length} bytes)` : smallest.toString('base64')
  return new Error(
    `${which}: ${subject.name}: ${failure.message}\n${JSON.stringify(smallest.toString('latin1').slice(0, 500))}\nbase64 ${shown}`,
    {
      cause: failure,
    },
  )
}

class HeapWatch {
  readonly #collect: () => void
  #first: number | null = null

  constructor() {
    setFlagsFromString('--expose_gc')
    this.#collect = runInNewContext('gc') as () => void
  }

  check(which: string): void {
    this.#collect()
    const { heapUsed, external } = process.memoryUsage()
    this.#first ??= heapUsed + external
    const growth = heapUsed + external - this.#first
    if (growth > HEAP_GROWTH_MAX_BYTES) throw new Error(`${which}: ${growth} bytes of memory are kept of inputs that are over`)
  }
}

import { appendFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = process.env.LUSTREBACKUP_BENCH_RESULTS ?? fileURLToPath(new URL('../results', import.meta.url))

/** Adds one run to bench/results/NAME.jsonl (or to that file in `LUSTREBACKUP_BENCH_RESULTS`), a line of JSON. */
export function appendResult(name, result) {
  mkdirSync(FOLDER, { recursive: true })
  const line = { at: new Date().toISOString(), node: process.versions.node, ...result }
  appendFileSync(`${FOLDER}/${name}.jsonl`, `${JSON.stringify(line)}\n`)
}

import { appendFileSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../results/', import.meta.url))

/** Adds one run to bench/results/NAME.jsonl, a line of JSON. */
export function appendResult(name, result) {
  mkdirSync(FOLDER, { recursive: true })
  const line = { at: new Date().toISOString(), node: process.versions.node, ...result }
  appendFileSync(`${FOLDER}${name}.jsonl`, `${JSON.stringify(line)}\n`)
}

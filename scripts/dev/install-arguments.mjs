import { spawnSync } from 'node:child_process'
import { isAbsolute, normalize } from 'node:path'
import { parseArgs } from 'node:util'
import { StepError } from './process.mjs'

/** Reads `PREFIX [--node PATH] [--destdir DIR]`; throws what is wrong with it. */
export function parseInstallArguments(args) {
  const options = { node: { type: 'string' }, destdir: { type: 'string', default: '' } }
  let parsed
  try {
    parsed = parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new StepError(error.message, 2)
  }
  const [prefix, ...rest] = parsed.positionals
  const { node = process.execPath, destdir } = parsed.values
  if (prefix === undefined || rest.length > 0) throw new StepError('give one absolute PREFIX to install into, for example /usr/local', 2)
  for (const path of [prefix, node, destdir || '/']) if (!isAbsolute(path)) throw new StepError(`${path} must be an absolute path`, 2)
  return { prefix: normalize(prefix), node, destdir }
}

/** Throws unless this Node.js runs here and is new enough. */
export function checkNode(node) {
  const result = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  const major = Number.parseInt(result.stdout ?? '', 10)
  if (result.status !== 0 || Number.isNaN(major)) throw new StepError(`${node} is no Node.js that runs here; name one with --node PATH`, 2)
  if (major < 20) throw new StepError(`${node} is version ${result.stdout.trim()}; 20 or newer is needed`, 2)
  if (node.includes('/_npx/')) console.error(`note: ${node} lies in a cache that npm may empty; name a lasting one with --node PATH`)
}

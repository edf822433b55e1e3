// npm run bench: all that have goals, with one table at the end.
// npm run bench -- NAME [--OPTION=VALUE …] [--compare=REV [--times=N]]: runs bench/NAME/bench.mjs on the built packages, and on another revision.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const names = readdirSync(here).filter((name) => existsSync(join(here, name, 'bench.mjs')))
const [name, ...words] = process.argv.slice(2)

if (name === undefined) {
  const { runWhole } = await import('./whole.mjs')
  await runWhole()
  process.exit()
}
if (!names.includes(name)) {
  process.stderr.write(
    `npm run bench, or npm run bench -- NAME [--OPTION=VALUE …] [--compare REV [--times N]], where NAME is one of: ${names.join(', ')}\n`,
  )
  process.exit(2)
}
const { compared, others } = takeCompare(words)
const options = Object.fromEntries(others.map((word) => /^--([a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word, '']))
const { bench, OPTIONS } = await import(`./${name}/bench.mjs`)
const unknown = Object.keys(options).filter((option) => !(option in OPTIONS))
if (unknown.length > 0) {
  const known = Object.entries(OPTIONS).map(([option, about]) => `  --${option}=…  ${about}`)
  process.stderr.write(`${name} has no option ${unknown.join(', ')}; it has:\n${known.join('\n')}\n`)
  process.exit(2)
}
if (compared === null) {
  const goals = await bench(options)
  process.send?.(goals ?? [])
  process.disconnect?.()
} else {
  const { compare } = await import('./compare.mjs')
  await compare(name, others, compared)
}

/** `--compare REV` or `--compare=REV`, and how often both are run. */
function takeCompare(given) {
  const joined = given
    .join('\n')
    .replace(/^--(compare|times)\n/gm, '--$1=')
    .split('\n')
    .filter((word) => word !== '')
  const value = (option) => joined.find((word) => word.startsWith(`--${option}=`))?.slice(option.length + 3) ?? null
  const revision = value('compare')
  if (revision === null) return { compared: null, others: given }
  const rest = joined.filter((word) => !/^--(compare|times)=/.test(word))
  return { compared: { revision, times: Number(value('times') ?? 3) }, others: rest }
}

// npm run bench -- NAME [--OPTION=VALUE …]: runs bench/NAME/bench.mjs on the built packages.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const names = readdirSync(here).filter((name) => existsSync(join(here, name, 'bench.mjs')))
const [name, ...words] = process.argv.slice(2)

if (!names.includes(name)) {
  process.stderr.write(`npm run bench -- NAME [--OPTION=VALUE …], where NAME is one of: ${names.join(', ')}\n`)
  process.exit(2)
}
const options = Object.fromEntries(words.map((word) => /^--([a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word, '']))
const { bench, OPTIONS } = await import(`./${name}/bench.mjs`)
const unknown = Object.keys(options).filter((option) => !(option in OPTIONS))
if (unknown.length > 0) {
  const known = Object.entries(OPTIONS).map(([option, about]) => `  --${option}=…  ${about}`)
  process.stderr.write(`${name} has no option ${unknown.join(', ')}; it has:\n${known.join('\n')}\n`)
  process.exit(2)
}
await bench(options)

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commandSources } from './bundle.mjs'
import { ROOT, StepError } from './process.mjs'

/**
 * Manual pages and completions, `{ path, mode, content }` each, with paths beneath a prefix. Made from the compiled declarations of the
 * commands, which `--help` is made from too, from the commented example of a configuration, and from the comments at the top of the scripts.
 */
export async function manualFiles(version) {
  const core = (name) => import(pathToFileURL(join(ROOT, 'packages/core/dist/manual', `${name}.js`)).href)
  const { commandManual, summaryOf } = await core('command-manual')
  const pages = await core('man-pages')
  const { bashCompletion } = await core('bash-completion')
  const { zshCompletion } = await core('zsh-completion')
  const commands = (await commandSpecs()).map(commandManual)
  const scripts = await scriptManuals(await core('parse-script-header'))
  const summaries = scripts.map(({ name, paragraphs }) => ({ name, summary: summaryOf(paragraphs[0]) }))
  const related = [...commands.map(({ name, description }) => ({ name, summary: summaryOf(description) })), ...summaries]
  const context = { version, related }
  const section = pages.COMMAND_SECTION
  return [
    ...commands.flatMap((manual) => [
      file(`share/man/man${section}/${manual.name}.${section}`, pages.commandPage(manual, context)),
      file(`share/bash-completion/completions/${manual.name}`, bashCompletion(manual)),
      file(`share/zsh/site-functions/_${manual.name}`, zshCompletion(manual)),
    ]),
    ...scripts.map((manual) => file(`share/man/man${section}/${manual.name}.${section}`, pages.scriptPage(manual, context))),
    file('share/man/man7/lustrebackup.7', pages.overviewPage(context)),
    file('share/man/man5/lustrebackup.conf.5', await confPage(core, context)),
  ]
}

/** The declaration behind every command: what its entry, three lines long, runs. */
async function commandSpecs() {
  return Promise.all(
    commandSources().map(async (source) => {
      const match = /import \{ (\w+) \} from '\.\.\/([\w-]+)\.js'/.exec(readFileSync(join(ROOT, source), 'utf8'))
      if (match === null) throw new StepError(`${source} does not import its declaration as the other commands do`)
      const compiled = join(ROOT, source, '../..', `${match[2]}.js`).replace('/src/', '/dist/')
      return (await import(pathToFileURL(compiled).href))[match[1]]
    }),
  )
}

async function scriptManuals({ parseScriptHeader }) {
  const names = readdirSync(join(ROOT, 'scripts')).filter((name) => name.endsWith('.sh') && !name.endsWith('_lib.sh'))
  return names.map((name) => parseScriptHeader(name, readFileSync(join(ROOT, 'scripts', name), 'utf8')))
}

async function confPage(core, context) {
  const { parseConfExample } = await core('parse-conf-example')
  return (await core('conf-page')).confPage(parseConfExample(readFileSync(join(ROOT, 'etc/lustrebackup.conf.example'), 'utf8')), context)
}

function file(path, text) {
  return { path, mode: 0o644, content: Buffer.from(text) }
}

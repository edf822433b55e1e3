import { readFileSync } from 'node:fs'

const FRAME = 'lustrebackup:frame'
const DYNAMIC = 'dynamic-import'

/**
 * A plugin of esbuild that keeps the number of files small which a command reads when it starts: reading one takes longer than reading through
 * what is not needed. esbuild makes a chunk of all modules that the same entries reach. So what every command begins with, `always`, is made
 * to be reached from every entry, and what comes next, `next`, from every part that is imported later: each becomes one chunk.
 */
export function framePlugin({ entries, always, next, parts }) {
  const extra = new Map([...entries.map((path) => [path, [FRAME]]), ...parts.map((path) => [path, [FRAME, next]]), [next, [FRAME]]])
  return {
    name: 'frame',
    setup(build) {
      build.onResolve({ filter: /^lustrebackup:frame$/ }, ({ path }) => ({ path, namespace: 'frame' }))
      build.onLoad({ filter: /.*/, namespace: 'frame' }, () => ({ contents: importsOf(always), resolveDir: '/' }))
      build.onLoad({ filter: /\.js$/ }, ({ path }) => {
        const added = extra.get(path)
        // At the end, where it moves no line of the source map.
        return added === undefined ? undefined : { contents: `${readFileSync(path, 'utf8')}\n${importsOf(added)}` }
      })
    },
  }
}

/** What is imported only when it is needed, and not at the start by one of `entries` all the same, as a build of the same found it. */
export function importedLater({ inputs }, entries) {
  const atStart = new Set(entries)
  for (const path of atStart) for (const imported of inputs[path]?.imports ?? []) if (imported.kind !== DYNAMIC) atStart.add(imported.path)
  const later = Object.values(inputs).flatMap(({ imports }) => imports.filter(({ kind }) => kind === DYNAMIC).map(({ path }) => path))
  return [...new Set(later)].filter((path) => !atStart.has(path)).toSorted()
}

function importsOf(paths) {
  return paths.map((path) => `import ${JSON.stringify(path)}\n`).join('')
}

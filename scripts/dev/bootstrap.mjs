#!/usr/bin/env node
/** Entry of the npm scripts: brings a fresh machine to the point where the wanted step can run, then runs it. Needs nothing but Node. */

const DEMO_ENTRY = 'packages/lustresim/dist/site/demo.js'
const USAGE = `usage: node scripts/dev/bootstrap.mjs [bootstrap | build | test [VITEST ARGS] | demo [ARGS] | fuzz [--only NAME] [--minutes N] [--seed S]
         | install-prefix PREFIX [--node PATH] [--destdir DIR] | uninstall-prefix PREFIX [--destdir DIR] | package [--out DIR]]`

const major = Number(process.versions.node.split('.')[0])
if (major < 20) {
  console.error(`lustrebackup needs Node.js 20 or newer; this is ${process.versions.node} (${process.execPath}).
Debian: see https://deb.nodesource.com or use "n"/"nvm"; RHEL: dnf module install nodejs:20`)
  process.exit(2)
}

const { prepare } = await import('./prepare.mjs')
const { reportFailure, runInherited } = await import('./process.mjs')

const [step = 'bootstrap', ...args] = process.argv.slice(2)

/** Every step gives its exit code. */
const steps = {
  bootstrap: () => prepare('everything'),
  build: () => prepare('build'),
  test: () =>
    prepared('everything', async () => {
      const { runTests } = await import('./test.mjs')
      return runTests(args)
    }),
  fuzz: () =>
    prepared('everything', async () => {
      const { runFuzz } = await import('./fuzz.mjs')
      return runFuzz(args)
    }),
  demo: () => prepared('everything', () => runInherited(process.execPath, [DEMO_ENTRY, ...args])),
  'install-prefix': async () => {
    const { parseInstallArguments } = await import('./install-arguments.mjs')
    const { runInstall } = await import('./install.mjs')
    const wanted = parseInstallArguments(args)
    return prepared('build', () => runInstall(wanted))
  },
  'uninstall-prefix': async () => {
    const { parseInstallArguments } = await import('./install-arguments.mjs')
    const { runUninstall } = await import('./install.mjs')
    return runUninstall(parseInstallArguments(args))
  },
  package: async () => {
    const { parsePackageArguments, runPackage } = await import('./package.mjs')
    const wanted = parsePackageArguments(args)
    return prepared('build', () => runPackage(wanted))
  },
}

async function prepared(extent, run) {
  const exitCode = await prepare(extent)
  return exitCode === 0 ? run() : exitCode
}

if (!Object.hasOwn(steps, step)) {
  console.error(`unknown step "${step}"\n${USAGE}`)
  process.exit(2)
}
try {
  process.exitCode = await steps[step]()
} catch (error) {
  process.exitCode = reportFailure(error)
}

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programOf } from './build.mjs'
import { findProgram, ROOT, runInherited } from './process.mjs'

/**
 * Linters, then all tests; the last line printed is `N passed, N failed`. A linter counts as one test.
 * Gives vitest's exit code, or 1 when only a linter failed.
 */
export async function runTests(vitestArgs) {
  const lint = [
    ['biome check', await lintSources()],
    ['types of the tests', await lintTests()],
    ['shellcheck', await lintScripts()],
  ].filter(([, code]) => code !== null)
  const tests = await runVitest(vitestArgs)
  const failedLints = lint.filter(([, code]) => code !== 0)
  for (const [name] of failedLints) console.log(`failed before the tests, see the start of this output: ${name}`)
  const failed = tests.failed + failedLints.length
  console.log(`${tests.passed + lint.length - failedLints.length} passed, ${failed} failed`)
  return tests.exitCode !== 0 ? tests.exitCode : failed > 0 ? 1 : 0
}

function lintSources() {
  return runInherited(process.execPath, [programOf('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'])
}

/** Types of the tests outside the packages, which no build compiles. */
function lintTests() {
  return runInherited(process.execPath, [programOf('typescript', 'tsc'), '-p', 'test'])
}

/** null where shellcheck is not installed. */
function lintScripts() {
  if (findProgram('shellcheck') === null) {
    console.error('shellcheck is not installed: the shell scripts are not checked')
    return null
  }
  const scripts = ['scripts', 'scripts/mgs', 'scripts/deb'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  )
  return runInherited('shellcheck', ['-x', '--', '.ci/run', ...scripts.filter((path) => path.endsWith('.sh'))])
}

async function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-test-'))
  const report = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const exitCode = await runInherited(process.execPath, [programOf('vitest', 'vitest'), 'run', ...reporters, ...args])
    return { exitCode, ...countTests(report, exitCode) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A test file that could not even be loaded counts as one failure, and so does a run that failed without a failed test. */
function countTests(report, exitCode) {
  let result = { numPassedTests: 0, numFailedTests: 0, testResults: [] }
  try {
    result = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    // vitest ended before it wrote a report; its exit code says the rest.
  }
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = result.numFailedTests + broken.length
  return { passed: result.numPassedTests, failed: exitCode !== 0 && failed === 0 ? 1 : failed }
}

import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Unit tests import the sources of the workspace packages; only what runs as a child process or in a thread needs the build. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^fast-check$/, replacement: here('./test/seeded-fast-check.ts') },
      { find: /^@lustrebackup\/lustreapi\/(.*)$/, replacement: here('./native/lustreapi/ts/$1.ts') },
      { find: /^@lustrebackup\/([a-z-]+)\/(.*)$/, replacement: here('./packages/$1/src/$2.ts') },
    ],
  },
  test: {
    include: ['packages/**/src/**/*.test.ts', 'native/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // A limit for what hangs, not for what is slow: the machine may be busy.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    // Most tests wait for programs that they have started: more of them than processors keep these busy.
    maxWorkers: 2 * availableParallelism(),
  },
})

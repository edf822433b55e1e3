import { expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { closeStack } from './close-stack.js'

it('cleans up last first, once, and past a failure that it logs', async () => {
  const done: string[] = []
  const stack = closeStack({ ...silentLog, warning: (message) => done.push(message) })
  stack.push(() => void done.push('first'))
  stack.push(async () => {
    throw new Error('no')
  })
  stack.push(async () => void done.push('last'))
  await stack.close()
  await stack.close()
  expect(done).toEqual(['last', 'something could not be cleaned up', 'first'])
})

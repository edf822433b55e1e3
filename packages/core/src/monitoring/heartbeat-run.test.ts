import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { sendHeartbeat } from './heartbeat-run.js'

let server: Server
let base: string
const asked: string[] = []
const warnings: string[] = []
beforeAll(async () => {
  server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    if (url === '/silent') return
    response.statusCode = url === '/gone' ? 404 : 200
    response.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  asked.length = 0
  warnings.length = 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const log = { ...silentLog, warning: (message: string, fields: object = {}) => void warnings.push(`${message} ${JSON.stringify(fields)}`) }

it('tells of success alone, or of every run with its exit code', async () => {
  await sendHeartbeat(`${base}/secret`, 0, log)
  await sendHeartbeat(`${base}/secret`, 6, log)
  await sendHeartbeat(`${base}/secret/{exit_code}`, 143, log)
  await sendHeartbeat('', 0, log)
  expect(asked).toEqual(['GET /secret', 'GET /secret/143'])
  expect(warnings).toEqual([])
})

it('takes a refusal, a server that says nothing and one that is not there for a warning, without the secret', async () => {
  await sendHeartbeat(`${base}/gone`, 0, log)
  await sendHeartbeat(`${base}/silent`, 0, log, 50)
  await sendHeartbeat('http://127.0.0.1:1/secret', 0, log)
  expect(warnings).toHaveLength(3)
  expect(warnings[0]).toContain('"status":404')
  for (const warning of warnings) expect(warning).not.toMatch(/secret|silent|gone/)
})

import { EXIT_CODE_PLACE, urlOfHeartbeat } from '../config/parse-monitoring-section.js'
import { EXIT, reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'

const TIMEOUT_MS = 10_000

/** Tells a dead man's switch of the end of a run. Never throws. The log has the host alone: what follows is usually a secret. */
export async function sendHeartbeat(template: string, exitCode: number, log: Log, timeoutMs = TIMEOUT_MS): Promise<void> {
  if (template === '' || (exitCode !== EXIT.done && !template.includes(EXIT_CODE_PLACE))) return
  const url = new URL(urlOfHeartbeat(template, exitCode))
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    if (response.ok) log.info('sent the heartbeat', { host: url.host })
    else log.warning('the heartbeat was not taken', { host: url.host, status: response.status })
  } catch (error) {
    log.warning('the heartbeat could not be sent', { host: url.host, reason: reasonOf(error) })
  }
}

/** A worker of the real map engine on a plain folder. What the bench adds to the settings comes through `liblustreapi`. */
import { mapJobOn } from '../../packages/core/dist/backupmap/map.job.js'
import { serveJob } from '../../packages/core/dist/workers/serve-job.js'
import { plainLustre } from './plain-lustre.mjs'

serveJob((settings, workerIndex) => {
  const { library, latencyMs } = JSON.parse(settings.liblustreapi)
  return mapJobOn(plainLustre(library, settings.inFlight, latencyMs), settings, workerIndex)
})

/** A worker of the real map engine that counts its lookups, and tells of them when it closes. */
import { mapJobOn } from '../../packages/core/dist/backupmap/map.job.js'
import { nativeLustre } from '../../packages/core/dist/lustre/native-lustre.js'
import { openLustreapi } from '../../packages/core/dist/lustre/open-lustreapi.js'
import { serveJob } from '../../packages/core/dist/workers/serve-job.js'
import { countingLustre } from './count-lookups.mjs'

serveJob((settings, workerIndex) => {
  const counts = {}
  const lustre = countingLustre(nativeLustre(openLustreapi(settings.liblustreapi), settings.inFlight), counts)
  const job = mapJobOn(lustre, settings, workerIndex)
  return async (input) => (input.kind === 'close' ? { ...(await job(input)), counts } : job(input))
})

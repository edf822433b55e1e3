import { serveJob } from '../workers/serve-job.js'
import { createMapJob } from './map.job.js'

serveJob(createMapJob)

import { serveJob } from '../workers/serve-job.js'
import { createCopyJob } from './copy.job.js'

serveJob(createCopyJob)

import { serveJob } from '../workers/serve-job.js'
import { createResolveJob } from './resolve.job.js'

serveJob(createResolveJob)

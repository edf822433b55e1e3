import { serveJob } from '../workers/serve-job.js'
import { createCompareJob } from './compare.job.js'

serveJob(createCompareJob)

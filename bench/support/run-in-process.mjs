import { fork } from 'node:child_process'

/** Gives `task` to a process of its own with these variables, and its answer: none meets what another has left in memory. */
export function runInProcess(file, task, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = fork(file, { env: { ...process.env, ...environment } })
    child.once('message', resolve)
    child.once('error', reject)
    child.once('exit', (code) => code !== 0 && reject(new Error(`${file} ended with exit code ${code}`)))
    child.send(task)
  })
}

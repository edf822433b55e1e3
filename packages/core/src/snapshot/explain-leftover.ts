import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { SnapshotStore } from './snapshot-port.js'

/**
 * What a failed attempt to make a snapshot has left, told with its error: the MGS may have made it all the same, and nobody knows whether it is
 * whole. One whose name holds the time of the attempt can be no other and is destroyed; one with a name that somebody chose may be older.
 */
export async function explainLeftover(
  error: LustrebackupError,
  name: string,
  isChosen: boolean,
  store: SnapshotStore,
): Promise<LustrebackupError> {
  const names = await store.list().then(
    (list) => list.map((snapshot) => snapshot.name),
    (): string[] => [],
  )
  if (!names.includes(name)) return error
  const left = (fate: string, hint: string) =>
    new LustrebackupError(error.code, `${error.message}; a snapshot of this name is there all the same: it ${fate}`, {
      hint: `${hint} /var/log/lsnapshot.log on the MGS may say what went wrong.`,
      cause: error,
    })
  const byHand = `lustrebackup_snapshot_destroy -f -n ${name}`
  if (isChosen) return left('may be older, or not whole', `Unless it was made before, destroy it: ${byHand}. Then make another one.`)
  return await store.destroy(name, true).then(
    () => left('was destroyed again', 'Make another one.'),
    (reason: unknown) => left(`could not be destroyed (${reasonOf(reason)})`, `Destroy it: ${byHand}. Then make another one.`),
  )
}

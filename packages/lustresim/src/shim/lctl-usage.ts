const RSH = "-r: the remote shell used for communication with remote target, the default value is 'ssh'."

/** What lctl prints on wrong usage, by action. */
export const USAGE: Readonly<Record<string, string>> = {
  create: `Create snapshot for the given filesystem.
Usage:
snapshot_create [-b | --barrier [on | off]] [-c | --comment comment] <-F | --fsname fsname> [-h | --help] <-n | --name ssname> [-r | --rsh remote_shell][-t | --timeout timeout]
Options:
-b: set write barrier before creating snapshot, the default value is 'on'.
-c: describe what the snapshot is for, and so on.
-F: the filesystem name.
-h: for help information.
-n: the snapshot's name.
${RSH}
-t: the life cycle (seconds) for write barrier, the default value is 30 seconds.`,
  list: `List the specified snapshot or all snapshots.
Usage:
snapshot_list [-d | --detail] <-F | --fsname fsname> [-h | --help] [-n | --name ssname] [-r | --rsh remote_shell]
Options:
-d: list every piece for the specified snapshot.
-F: the filesystem name.
-h: for help information.
-n: the snapshot's name.
${RSH}`,
  destroy: `Destroy the specified snapshot.
Usage:
snapshot_destroy [-f | --force] <-F | --fsname fsname> [-h | --help] <-n | --name ssname> [-r | --rsh remote_shell]
Options:
-f: destroy the snapshot by force.
-F: the filesystem name.
-h: for help information.
-n: the snapshot's name.
${RSH}`,
  mount: `Mount the specified snapshot.
Usage:
snapshot_mount <-F | --fsname fsname> [-h | --help] <-n | --name ssname> [-r | --rsh remote_shell]`,
  umount: `Umount the specified snapshot.
Usage:
snapshot_umount <-F | --fsname fsname> [-h | --help] <-n | --name ssname> [-r | --rsh remote_shell]`,
  modify: `Modify the specified snapshot.
Usage:
snapshot_modify [-c | --comment comment] <-F | --fsname fsname> [-h | --help] <-n | --name ssname> [-N | --new new_ssname] [-r | --rsh remote_shell]`,
}

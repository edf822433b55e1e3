/** Which commands read the configuration: it decides which keys must be there. */
export type Role = 'source' | 'target' | 'snapshot'

/** Every section and key that a configuration file may hold. */
export const CONFIG_KEYS = {
  GLOBAL: ['logdir', 'logfile', 'loglevel'],
  LUSTRE: [
    'fsname',
    'nid',
    'mgs',
    'mdt',
    'changelog_user',
    'data_mount',
    'data_path',
    'meta_basepath',
    'snapshot_home',
    'snapshot_create_retries',
    'snapshot_mount_opts',
    'data_mount_opts',
    'largefile_size',
    'hugefile_size',
    'flush_seconds',
    'mgs_commands',
    'liblustreapi',
  ],
  SOURCE: ['host', 'conf'],
  BACKUP: ['rsync_command', 'checksum_choice', 'on_changelog_gap', 'compare_days', 'max_change_percent', 'max_errors', 'snapshot_backend'],
  MONITORING: ['metrics_dir', 'heartbeat_url', 'hook_before', 'hook_after', 'hook_failure', 'hook_timeout'],
  SYSTEM: ['nprocs', 'sys_memory_factor', 'user_memory_factor', 'ssh_config', 'command_path'],
} as const

export type ConfigSection = keyof typeof CONFIG_KEYS
export type ConfigKey<S extends ConfigSection> = (typeof CONFIG_KEYS)[S][number]

/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  /** null for a line that stands outside any section. */
  readonly section: string | null
  /** null when the section or the line as a whole is meant. */
  readonly key: string | null
  /** As written; null when it is missing. */
  readonly value: string | null
  /** What is wrong, and what is allowed. */
  readonly reason: string
}

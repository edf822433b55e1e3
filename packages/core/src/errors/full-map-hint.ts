/** What helps a target whose tree or state is not what it should be: a full map compares everything, and leads on from any state. */
export const FULL_MAP_HINT = 'Make a full map on the source with lustrebackup_source_map --full, then run the backup again.'

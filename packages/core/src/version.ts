/** Version of the software, printed by `--version` and written into maps and logs. The same as in every package.json. */
export const VERSION = '0.1.0'

import { readFileSync, writeFileSync } from 'node:fs'
import type { Host, Settings } from '@lustrebackup/lustresim/site/site'

/** Writes the configuration of a host to another file, with other settings; gives the host as that file describes it. */
export function withSettings(host: Host, settings: Settings): Host {
  const conf = `${host.conf}.changed`
  writeFileSync(conf, change(readFileSync(host.conf, 'utf8'), settings), { mode: 0o600 })
  return { ...host, conf }
}

/** Changes the configuration of a host for as long as something runs: for the source, whose file the forced command names. */
export async function changedSettings<T>(host: Host, settings: Settings, run: () => Promise<T>): Promise<T> {
  const text = readFileSync(host.conf, 'utf8')
  writeFileSync(host.conf, change(text, settings))
  try {
    return await run()
  } finally {
    writeFileSync(host.conf, text)
  }
}

function change(text: string, settings: Settings): string {
  let changed = text
  for (const [section, values] of Object.entries(settings)) {
    if (!changed.includes(`[${section}]\n`)) changed = `${changed}\n[${section}]\n`
    for (const [key, value] of Object.entries(values)) {
      changed = changed.replace(new RegExp(`^${key} = .*\\n`, 'm'), '').replace(`[${section}]\n`, () => `[${section}]\n${key} = ${value}\n`)
    }
  }
  return changed
}

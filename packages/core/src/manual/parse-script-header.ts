import type { ScriptManual } from './manual-types.js'

/** Reads the comment at the top of a shell script: what comes behind the first line, up to the first line that is none. */
export function parseScriptHeader(name: string, text: string): ScriptManual {
  const lines = text.split('\n').slice(1)
  const end = lines.findIndex((line) => !line.startsWith('#'))
  const comment = lines.slice(0, end).map((line) => line.replace(/^# ?/, ''))
  return { name, paragraphs: comment.join('\n').split(/\n{2,}/) }
}

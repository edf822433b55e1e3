/** What a check found. `note`: good to know, and nothing to mend. */
export type Verdict = 'ok' | 'note' | 'warning' | 'problem'

export interface Finding {
  readonly verdict: Verdict
  /** What was found, or what is wrong. */
  readonly text: string
  /** How to mend it; null when there is nothing to mend. */
  readonly mend: string | null
}

export interface Check {
  /** What is looked at, in a few words. */
  readonly name: string
  /** Gives what was found; what it throws is a problem. Changes nothing but files of its own that it removes. */
  run(): Promise<readonly Finding[]>
}

export interface CheckResult extends Finding {
  readonly check: string
}

export function fine(text: string): Finding {
  return { verdict: 'ok', text, mend: null }
}

export function note(text: string): Finding {
  return { verdict: 'note', text, mend: null }
}

export function warning(text: string, mend: string): Finding {
  return { verdict: 'warning', text, mend }
}

export function problem(text: string, mend: string): Finding {
  return { verdict: 'problem', text, mend }
}

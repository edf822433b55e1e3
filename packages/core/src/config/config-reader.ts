import type { ConfigKey, ConfigProblem, ConfigSection } from './config-keys.js'
import type { IniValues } from './parse-ini.js'
import type { ValueParser } from './parse-value.js'

/** Reads values one by one and collects what is wrong, so that a person sees every problem at once. */
export interface ConfigReader {
  /** The value; `fallback` where it is absent, empty or wrong. */
  optional<S extends ConfigSection, T>(section: S, key: ConfigKey<S>, parse: ValueParser<T>, fallback: T): T
  /** The same, and absent or empty is a problem. */
  required<S extends ConfigSection, T>(section: S, key: ConfigKey<S>, parse: ValueParser<T>, fallback: T): T
  problem<S extends ConfigSection>(section: S, key: ConfigKey<S>, reason: string): void
  readonly problems: readonly ConfigProblem[]
}

export function createConfigReader(ini: IniValues): ConfigReader {
  const problems: ConfigProblem[] = [...ini.problems]
  const textOf = (section: ConfigSection, key: string): string => ini.values.get(section)?.get(key) ?? ''
  const reader: ConfigReader = {
    problems,
    problem: (section, key, reason) => {
      problems.push({ section, key, value: ini.values.get(section)?.get(key) ?? null, reason })
    },
    optional: (section, key, parse, fallback) => {
      const text = textOf(section, key)
      if (text === '') return fallback
      const value = parse(text)
      if (!value.ok) reader.problem(section, key, value.error)
      return value.ok ? value.value : fallback
    },
    required: (section, key, parse, fallback) => {
      if (textOf(section, key) === '') reader.problem(section, key, 'must be given')
      return reader.optional(section, key, parse, fallback)
    },
  }
  return reader
}

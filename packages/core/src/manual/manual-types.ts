/** An option as a command declares it. */
export interface ManualOption {
  /** `-c`; null where there is none. */
  readonly short: string | null
  /** `--config`; null where there is none. */
  readonly long: string | null
  /** `<path>`, `[path]`; null for an option without a value. */
  readonly value: string | null
  /** What the value may be; empty where it is free. */
  readonly choices: readonly string[]
  /** With choices and default, as `--help` shows it. */
  readonly description: string
}

/** An argument that is no option. */
export interface ManualArgument {
  /** `[paths...]` */
  readonly term: string
  readonly description: string
}

/** One meaning of an exit code. */
export interface ManualExitCode {
  readonly code: string
  readonly meaning: string
}

/** What there is to say about a command: `--help` and this come from the same declaration. */
export interface CommandManual {
  readonly name: string
  readonly description: string
  /** Behind the name: `[options] [paths...]`. */
  readonly usage: string
  readonly options: readonly ManualOption[]
  readonly arguments: readonly ManualArgument[]
  readonly exitCodes: readonly ManualExitCode[]
}

/** A key of the configuration, from the commented example. */
export interface ConfKey {
  readonly name: string
  /** As in the example; empty where the example leaves it out. */
  readonly value: string
  /** Lines of the comment above it; an indented one stands on a line of its own. */
  readonly comment: readonly string[]
  /** The comment behind the value; null where there is none. */
  readonly remark: string | null
}

export interface ConfSection {
  readonly name: string
  readonly keys: readonly ConfKey[]
}

/** The commented example of a configuration. */
export interface ConfManual {
  /** The comment at its top. */
  readonly preamble: readonly string[]
  readonly sections: readonly ConfSection[]
}

/** A shell script's own words: the comment at its top. */
export interface ScriptManual {
  readonly name: string
  readonly paragraphs: readonly string[]
}

/** What stands at the foot of every page. */
export interface PageContext {
  readonly version: string
  /** Every command and script with what it does in one line, for the overview. */
  readonly related: readonly { readonly name: string; readonly summary: string }[]
}

import { METRICS, type MetricName, type Sample } from './metric-types.js'

/** Samples in the text format of Prometheus, each metric with its help; `common` are labels of every sample. */
export function formatMetrics(samples: readonly Sample[], common: Readonly<Record<string, string>>): string {
  const names = Object.keys(METRICS) as MetricName[]
  return names
    .map((name) => ({ name, own: samples.filter((sample) => sample.name === name) }))
    .filter(({ own }) => own.length > 0)
    .flatMap(({ name, own }) => [
      `# HELP ${name} ${METRICS[name]}`,
      `# TYPE ${name} gauge`,
      ...own.map(({ labels, value }) => `${name}{${formatLabels({ ...common, ...labels })}} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('')
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`)
    .join(',')
}

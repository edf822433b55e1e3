/** The style of the page: no font, image or script comes from elsewhere; light or dark as the reader has it. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6b7b; --paper: #ffffff; --card: #f4f6f8; --line: #d5dce3; --bar: #2f6fab; --mark: #c2571a; --good: #1d7a4a }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9fb0c0; --paper: #12181f; --card: #1b242e; --line: #34424f; --bar: #5b9bd5; --mark: #e8874a; --good: #55b685 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px; max-width: 940px; font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper) }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere } h2 { font-size: 17px; margin: 32px 0 8px; border-bottom: 1px solid var(--line); padding-bottom: 4px } h3 { font-size: 14px; margin: 16px 0 4px; color: var(--soft); font-weight: 600 }
p { margin: 4px 0 } .soft { color: var(--soft) } .state { font-weight: 600; margin: 12px 0 } .good { color: var(--good) } .bad { color: var(--mark) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 10px; margin: 16px 0 } dl div { background: var(--card); border-radius: 6px; padding: 10px 14px } dt { color: var(--soft); font-size: 13px } dd { margin: 0; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, "DejaVu Sans", sans-serif } text { fill: var(--ink) } .label, .value { dominant-baseline: central } .value, .axis { fill: var(--soft) } .axis { font-size: 12px } .bar { fill: var(--bar) } .bar.marked { fill: var(--mark) } .grid { stroke: var(--line); stroke-width: 1 } .hit { fill: transparent }
table { border-collapse: collapse; width: 100%; font-size: 14px } th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere } th { color: var(--soft); font-weight: 600 } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
footer { margin-top: 40px; color: var(--soft); font-size: 13px }
@media print { body { max-width: none; padding: 0 } svg, table { break-inside: avoid } }
`
